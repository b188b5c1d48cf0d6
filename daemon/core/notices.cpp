#include "core/notices.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/planted.h"

namespace keeper {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// What comes together goes out together.
constexpr Millis group_wait = Seconds{5};
constexpr Millis group_interval = minutes{1};
constexpr std::size_t notices_max = 100;
// Of the texts of what happened several times.
constexpr std::size_t listed_bytes_max = 2000;
// Standard Webhooks, "Deliverability and reliability": after these times in turn, then it is given up.
constexpr std::array<Millis, 9> retries{Seconds{5}, minutes{5}, minutes{30}, hours{2}, hours{5},
                                        hours{10},  hours{14},  hours{20},   hours{24}};
constexpr Millis retry_after_max = hours{24};

// The time until the next try, of which up to a tenth more is by hash; empty: there is none.
std::optional<Millis> retry_wait(const MessageRow& row) {
  if (row.attempts > static_cast<int>(retries.size())) return std::nullopt;
  const Millis wait = retries.at(static_cast<std::size_t>(std::max(row.attempts, 1) - 1));
  const auto spread = static_cast<std::uint64_t>(wait.count() / 10 + 1);
  const std::uint64_t draw = stable_hash(row.id, static_cast<std::uint64_t>(row.attempts)) % spread;
  return wait + Millis{static_cast<Millis::rep>(draw)};
}

bool is_wanted(const Target& target, Topic topic, Phase phase) {
  if (target.events.empty()) return true;
  return target.events.contains(std::string(event_word(topic, Phase::firing))) ||
         target.events.contains(std::string(event_word(topic, phase)));
}

MessageTrack& open_message(Draft& draft, const TargetName& name, const Notice& notice) {
  TargetTrack& target = draft.edit_target(name);
  const Now now = draft.now();
  MessageRow row;
  row.id = "msg_" + stable_hex128(draft.world().instance.str() + "|" + name.str() + "|" +
                                  std::to_string(now.wall.time_since_epoch().count()) + "|" +
                                  std::to_string(target.opened++) + "|" + notice.subject + "|" + notice.text);
  row.target = name;
  row.created_at = now.wall;
  const Mono due = std::max(now.mono + group_wait, target.quiet_until);
  row.next_at = now.wall + (due - now.mono);
  target.forming = row.id;
  MessageTrack& track = draft.edit_message(row.id);
  track.row = std::move(row);
  track.due = due;
  return track;
}

// Into the message that is forming, or a new one.
void put(Draft& draft, const TargetName& name, const Notice& notice) {
  const auto& forming = draft.target(name).forming;
  const MessageTrack* open = forming ? draft.message(*forming) : nullptr;
  const bool fits = open && open->row.attempts == 0 && open->row.notices.size() < notices_max;
  MessageTrack& track = fits ? draft.edit_message(*forming) : open_message(draft, name, notice);
  auto& all = track.row.notices;
  const auto same = std::find_if(all.begin(), all.end(), [&](const Notice& one) {
    return one.phase == Phase::happened && one.topic == notice.topic && one.subject == notice.subject &&
           one.phase == notice.phase;
  });
  if (same == all.end()) {
    all.push_back(notice);
    return;
  }
  same->times += notice.times;
  same->at = notice.at;
  // Each is named for as long as there is room; `times` says how many there were.
  if (same->text.size() + notice.text.size() < listed_bytes_max) same->text += "; " + notice.text;
}

void tell(Draft& draft, const TargetName& name, const Notice& notice) {
  if (name == log_target) {
    draft.notice(notice);
    return;
  }
  const auto target = draft.config().targets.find(name);
  if (target == draft.config().targets.end() || !is_wanted(target->second, notice.topic, notice.phase))
    return;
  put(draft, name, notice);
}

std::vector<TargetName> everybody(const Draft& draft) {
  std::vector<TargetName> names{log_target};
  for (const auto& [name, target] : draft.config().targets) names.push_back(name);
  return names;
}

Mono repeat_at(const Draft& draft, const TargetName& name) {
  const auto target = draft.config().targets.find(name);
  return target == draft.config().targets.end() ? mono_never
                                                : draft.now().mono + target->second.repeat_interval;
}

void settle_message(Draft& draft, MessageTrack& track, MessageState state) {
  track.row.state = state;
  track.row.settled_at = draft.now().wall;
  track.due = mono_never;
}

void send(Draft& draft, const std::string& id) {
  MessageTrack& track = draft.edit_message(id);
  if (!draft.config().targets.contains(track.row.target)) {
    track.row.last_error = "the target is not in the configuration any more";
    settle_message(draft, track, MessageState::given_up);
    return;
  }
  ++track.row.attempts;
  track.ticket = draft.next_ticket();
  const Millis next = retry_wait(track.row).value_or(hours{24});
  track.row.next_at = draft.now().wall + next;
  track.due = mono_never;
  TargetTrack& target = draft.edit_target(track.row.target);
  if (track.row.attempts == 1) target.quiet_until = draft.now().mono + group_interval;
  if (target.forming == id) target.forming.reset();
  draft.post({track.row, *track.ticket});
}

void note_outcome(Draft& draft, const TargetName& name, const Status& outcome) {
  TargetTrack& target = draft.edit_target(name);
  target.last_error = outcome.ok() ? std::string{} : outcome.error().what;
  if (outcome.ok()) {
    target.failing_since.reset();
  } else if (!target.failing_since) {
    target.failing_since = draft.now().wall;
  }
}

void repeat(Draft& draft, const AlertKey& key) {
  AlertTrack track = draft.edit_alert(key).value();
  track.row.told_at = draft.now().wall;
  track.repeat_at = repeat_at(draft, key.target);
  tell(draft, key.target,
       {key.topic, Phase::firing, key.subject, track.row.since, draft.now().wall, 1, track.row.text});
  draft.edit_alert(key) = std::move(track);
}

}  // namespace

void raise(Draft& draft, Topic topic, const std::string& subject, const std::string& text) {
  const Wall now = draft.now().wall;
  const AlertTrack* logged = draft.alert({log_target, topic, subject});
  const Wall since = logged ? logged->row.since : now;
  for (const TargetName& name : everybody(draft)) {
    const AlertKey key{name, topic, subject};
    if (draft.alert(key) && !planted(Bug::told_twice)) continue;
    draft.edit_alert(key) = AlertTrack{{key, since, now, text}, repeat_at(draft, name)};
    tell(draft, name, {topic, Phase::firing, subject, since, now, 1, text});
  }
}

void clear(Draft& draft, Topic topic, const std::string& subject, const std::string& text) {
  clear_together(draft, {topic}, subject, text);
}

void clear_together(Draft& draft, std::initializer_list<Topic> topics, const std::string& subject,
                    const std::string& text) {
  for (const TargetName& name : everybody(draft)) {
    std::optional<Notice> over;
    for (const Topic topic : topics) {
      const AlertKey key{name, topic, subject};
      const AlertTrack* track = draft.alert(key);
      if (!track) continue;
      if (!over) over = Notice{topic, Phase::resolved, subject, track->row.since, draft.now().wall, 1, text};
      draft.edit_alert(key).reset();
    }
    if (over && !planted(Bug::never_over)) tell(draft, name, *over);
  }
}

void happen(Draft& draft, Topic topic, const std::string& subject, const std::string& text, int times) {
  const Wall now = draft.now().wall;
  for (const TargetName& name : everybody(draft)) {
    tell(draft, name, {topic, Phase::happened, subject, now, now, times, text});
  }
}

bool is_raised(const Draft& draft, Topic topic, const std::string& subject) {
  return draft.alert({log_target, topic, subject}) != nullptr;
}

void send_due_notices(Draft& draft) {
  const World& world = draft.world();
  const Mono now = draft.now().mono;
  for (auto at = world.alert_queue.begin(); at != world.alert_queue.end() && at->first <= now; ++at) {
    repeat(draft, at->second);
  }
  for (auto at = world.message_queue.begin(); at != world.message_queue.end() && at->first <= now; ++at) {
    send(draft, at->second);
  }
}

void on_posted(Draft& draft, const Posted& posted) {
  const MessageTrack* known = draft.message(posted.message);
  if (!known || known->ticket != posted.ticket) return;
  MessageTrack& track = draft.edit_message(posted.message);
  track.ticket.reset();
  note_outcome(draft, track.row.target, posted.outcome);
  if (posted.outcome.ok() || planted(Bug::deaf_target)) {
    track.row.last_error.clear();
    settle_message(draft, track, MessageState::delivered);
    return;
  }
  const Error& error = posted.outcome.error();
  track.row.last_error = error.what;
  const auto wait = retry_wait(track.row);
  if (!wait || planted(Bug::no_second_try) || error.kind == ErrorKind::gone) {
    settle_message(draft, track, MessageState::given_up);
    return;
  }
  const Millis asked = std::min(error.retry_after.value_or(Millis{0}), retry_after_max);
  const Millis next = std::max(*wait, asked);
  track.due = draft.now().mono + next;
  track.row.next_at = draft.now().wall + next;
}

void on_noticed(Draft& draft, const Noticed& noticed) {
  draft.acknowledge(noticed.waiter, Ack::recorded);
  switch (noticed.phase) {
    case Phase::happened:
      return happen(draft, noticed.topic, noticed.subject, noticed.text);
    case Phase::firing:
      return raise(draft, noticed.topic, noticed.subject, noticed.text);
    case Phase::resolved:
      return clear(draft, noticed.topic, noticed.subject, noticed.text);
  }
}

void configure_targets(Draft& draft) {
  const Config& config = draft.config();
  for (const auto& [key, track] : draft.world().alerts) {
    const bool of_provider = key.topic == Topic::provider_down || key.topic == Topic::keeping_behind;
    if (!of_provider || config.providers.contains(ProviderName{key.subject})) continue;
    clear(draft, key.topic, key.subject, "provider " + key.subject + " is not in the configuration any more");
  }
  for (const auto& [key, track] : draft.world().alerts) {
    const bool is_log = key.target == log_target;
    if (!is_log && !config.targets.contains(key.target)) {
      draft.edit_alert(key).reset();
    } else if (!is_log && draft.alert(key)) {
      // Since the row was written; a clock that was stepped meanwhile makes it no later than one whole
      // interval.
      const Millis interval = config.targets.at(key.target).repeat_interval;
      const Millis gone = std::clamp(draft.now().wall - track.row.told_at, Millis{0}, interval);
      draft.edit_alert(key)->repeat_at = draft.now().mono + interval - gone;
    }
    // Targets that are new are told what lasts.
    if (is_log && draft.alert(key)) raise(draft, key.topic, key.subject, track.row.text);
  }
}

}  // namespace keeper
