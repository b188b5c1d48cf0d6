// Who is told what: alerts that last until they are resolved, things that happen once, and the messages that carry
// them. An alert is told when it begins, again after the target's repeat interval, and when it is resolved; its row
// keeps a restart from telling it anew. Functions over a Draft; loop thread only; nothing here calls out.
#pragma once

#include <string>

#include "core/draft.h"

namespace keeper {

// The empty target is the log: it is told everything, without a message.
inline const TargetName log_target{};

// `subject`: the plan, provider or budget. What is raised already, or not raised, stays so without a word.
void raise(Draft& draft, Topic topic, const std::string& subject, const std::string& text);
void clear(Draft& draft, Topic topic, const std::string& subject, const std::string& text);
void happen(Draft& draft, Topic topic, const std::string& subject, const std::string& text, int times = 1);

// Raised and not yet resolved?
bool is_raised(const Draft& draft, Topic topic, const std::string& subject);

// Sends the messages that are due and repeats the alerts that are.
void send_due_notices(Draft& draft);
void on_posted(Draft& draft, const Posted& posted);

// What is no longer configured is no longer told.
void plan_targets(Draft& draft);

}  // namespace keeper
