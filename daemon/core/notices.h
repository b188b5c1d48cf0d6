// Who is told what. An alert lasts from raise() to clear(); happen() tells of what happens once.
// Each goes to the log at once, and to every target that wants it in a message that collects what comes
// within seconds. An alert is told when it begins, again after the target's repeat interval, and when it is
// over; its row keeps a restart from telling it anew. A message that fails is tried again at growing
// intervals, and given up after the tenth try. Functions over a Draft; loop thread only; nothing here calls
// out.
#pragma once

#include <initializer_list>
#include <string>

#include "core/draft.h"

namespace keeper {

// The empty target is the log: it is told everything, without a message.
inline const TargetName log_target{};

// `subject` is the plan, provider or budget, or what else a Noticed event names. To raise an alert that is
// raised already, or to clear one that is not, changes nothing and tells nobody.
void raise(Draft& draft, Topic topic, const std::string& subject, const std::string& text);
void clear(Draft& draft, Topic topic, const std::string& subject, const std::string& text);
// Clears several topics of one subject whose ends have the same word, and tells of the end once.
void clear_together(Draft& draft, std::initializer_list<Topic> topics, const std::string& subject,
                    const std::string& text);
void happen(Draft& draft, Topic topic, const std::string& subject, const std::string& text, int times = 1);

// Raised and not yet resolved?
bool is_raised(const Draft& draft, Topic topic, const std::string& subject);

// Sends the messages that are due and repeats the alerts that are.
void send_due_notices(Draft& draft);
void on_posted(Draft& draft, const Posted& posted);
void on_noticed(Draft& draft, const Noticed& noticed);

// After a load of the configuration: alerts of providers and targets that are not in it any more are dropped,
// and a new target is told what lasts.
void configure_targets(Draft& draft);

}  // namespace keeper
