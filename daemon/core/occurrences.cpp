#include "core/occurrences.h"

#include <algorithm>

#include "base/check.h"
#include "base/planted.h"
#include "core/notices.h"

namespace keeper {
namespace {

constexpr std::size_t handled_max = 64;
// Of one gap, the newest of what was missed; a year of every minute would be half a million rows.
constexpr int missed_max = 1000;
constexpr Millis instant{1};

bool is_handled(const PlanRow& row, Wall occurrence) {
  if (row.handled_before && occurrence <= *row.handled_before) return true;
  return std::binary_search(row.handled.begin(), row.handled.end(), occurrence);
}

void note_missed(Draft& draft, const PlanName& plan, Wall occurrence, Missed why) {
  if (planted(Bug::lost_missed)) return;
  draft.miss({plan, occurrence, why, draft.now().wall});
}

void tell_missed(Draft& draft, const Plan& plan, Wall occurrence, Missed why, int times) {
  happen(draft, Topic::start_missed, plan.name.str(),
         "plan " + plan.name.str() + " did not start at " + to_rfc3339(occurrence) +
             (why == Missed::budget ? ": its budget is used up" : ": its time is longer ago than catch_up"),
         times);
}

// Everything that was due since the last look and is not `chosen` came too late, or was followed by a later
// one.
void look_back(Draft& draft, const Plan& plan, PlanRow& row, const std::optional<Occurrence>& chosen) {
  const std::optional<Wall> looked = row.looked_until;
  const Wall from = std::max(row.known_since, looked.value_or(row.known_since));
  Wall at = draft.now().wall;
  int late = 0;
  Wall newest{};
  for (int n = 0; n < missed_max && at >= from; ++n) {
    const auto one = plan.schedule.latest_start(at, at - from);
    if (!one || (looked && one->start <= *looked)) break;
    const bool is_chosen = chosen && chosen->time == one->time;
    if (!is_chosen && !is_handled(row, one->time)) {
      note_missed(draft, plan.name, one->time, Missed::too_late);
      if (++late == 1) newest = one->time;
    }
    if (n == 0) row.looked_until = one->start;
    at = one->start - instant;
  }
  if (late > 0) tell_missed(draft, plan, newest, Missed::too_late, late);
}

// A clock that was wrong when it was noted must not stop the plan until that time comes. The last day is
// looked at once more: what was done with is known one by one.
void heed_step_back(PlanRow& row, Wall now) {
  row.known_since = std::min(row.known_since, now);
  if (!row.looked_until || *row.looked_until <= now) return;
  row.looked_until = now - std::chrono::hours{24};
}

// An occurrence waits for the last one's end only as long as the plan lets one wait.
void heed_no_wait(Draft& draft, const Plan& plan, PlanRow& row) {
  const bool waits = plan.schedule.kind() == Schedule::Kind::occurrences && plan.overlap != Overlap::skip;
  if (!row.buffered || waits) return;
  note_missed(draft, plan.name, *row.buffered, Missed::overlap);
  row.buffered.reset();
}

Want window_want(const Plan& plan, const PlanRow& row, Wall now, bool paused) {
  Want want;
  if (const auto window = plan.schedule.window_at(now)) want.begin = window->time;
  // A start by an operator is an occurrence of its own, inside a window too.
  if (row.by_hand && row.by_hand->begin <= now && now < row.by_hand->end) {
    want.begin = std::max(want.begin.value_or(row.by_hand->begin), row.by_hand->begin);
  }
  want.alive = want.begin.has_value();
  if (paused) want.begin.reset();
  want.repeats = want.begin.has_value();
  return want;
}

}  // namespace

Want want_now(const Plan& plan, const PlanRow& row, Wall now, bool paused) {
  if (plan.schedule.kind() != Schedule::Kind::occurrences) return window_want(plan, row, now, paused);
  Want want;
  want.repeats = !paused;
  return want;
}

void pass_over(Draft& draft, const Plan& plan, Wall occurrence, Missed why) {
  note_missed(draft, plan.name, occurrence, why);
  tell_missed(draft, plan, occurrence, why, 1);
}

void mark_handled(PlanRow& row, Wall occurrence) {
  if (is_handled(row, occurrence) || planted(Bug::begins_twice)) return;
  row.handled.insert(std::upper_bound(row.handled.begin(), row.handled.end(), occurrence), occurrence);
  if (row.handled.size() <= handled_max) return;
  row.handled_before = row.handled.front();
  row.handled.erase(row.handled.begin());
}

Want take_wanted(Draft& draft, const Plan& plan, PlanRow& row, bool paused) {
  const Wall now = draft.now().wall;
  heed_no_wait(draft, plan, row);
  if (plan.schedule.kind() != Schedule::Kind::occurrences) return window_want(plan, row, now, paused);
  heed_step_back(row, now);
  auto latest = plan.schedule.latest_start(now, plan.catch_up);
  if (latest && (latest->start < row.known_since || is_handled(row, latest->time))) latest.reset();
  look_back(draft, plan, row, latest);
  Want want = want_now(plan, row, now, paused);
  if (!latest) return want;
  mark_handled(row, latest->time);
  if (paused) {
    note_missed(draft, plan.name, latest->time, Missed::paused);
  } else {
    want.begin = latest->time;
  }
  return want;
}

std::optional<Millis> lateness_of(const World& world, const Answer& answer, Now now) {
  if (answer.kind != EffectKind::start) return std::nullopt;
  const auto session = world.sessions.find(answer.session);
  if (session == world.sessions.end() || session->second.tries > 0) return std::nullopt;
  const SessionRow& row = session->second.row;
  const auto plan = world.config->plans.find(row.plan);
  const auto track = world.plans.find(row.plan);
  if (row.attempt > 0 || plan == world.config->plans.end() || track == world.plans.end()) return std::nullopt;
  const Schedule& schedule = plan->second.schedule;
  if (schedule.kind() == Schedule::Kind::always) return std::nullopt;
  const Wall due = std::max(schedule.start_of(row.occurrence), track->second.row.known_since);
  const Wall left = now.wall - (now.mono - answer.sent_at);
  return std::max(Millis{0}, left - due);
}

bool apply_overlap(Draft& draft, const Plan& plan, PlanRow& row, Want& want) {
  if (!want.begin) return false;
  const Wall occurrence = *want.begin;
  switch (plan.overlap) {
    case Overlap::allow:
      return false;
    case Overlap::skip:
      want.begin.reset();
      if (!planted(Bug::skips_unrecorded)) note_missed(draft, plan.name, occurrence, Missed::overlap);
      return false;
    case Overlap::buffer_one:
      want.begin.reset();
      if (row.buffered && !planted(Bug::drops_buffered)) {
        note_missed(draft, plan.name, occurrence, Missed::overlap);
      } else {
        row.buffered = occurrence;
      }
      return false;
    case Overlap::replace:
      want.begin.reset();
      if (row.buffered) note_missed(draft, plan.name, *row.buffered, Missed::overlap);
      row.buffered = occurrence;
      return true;
  }
  check_failed("a known Overlap", __FILE__, __LINE__);
}

}  // namespace keeper
