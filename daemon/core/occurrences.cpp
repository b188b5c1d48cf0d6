#include "core/occurrences.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/planted.h"
#include "core/counting.h"
#include "core/handled_times.h"
#include "core/notices.h"
#include "core/wants.h"

namespace keeper {
namespace {

// Of one gap, the newest of what was missed; a year of every minute would be half a million rows.
constexpr int missed_max = 1000;
constexpr Millis instant{1};

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

// What an occurrence is known by, whatever the jitter was changed to meanwhile.
Wall identity_of(const Occurrence& occurrence) {
  return planted(Bug::takes_jitter_for_identity) ? occurrence.start : occurrence.time;
}

// Everything that was due since the last look and is not `chosen` came too late, or was followed by a later
// one. Returns how many did.
int look_back(Draft& draft, const Plan& plan, PlanRow& row, const std::optional<Occurrence>& chosen) {
  const std::optional<Wall> looked = row.looked_until;
  const Wall from = std::max(row.known_since, looked.value_or(row.known_since));
  Wall at = draft.now().wall;
  int late = 0;
  Wall newest{};
  for (int n = 0; n < missed_max && at >= from; ++n) {
    const auto one = plan.schedule.latest_start(at, at - from);
    if (!one || (looked && one->start <= *looked)) break;
    const bool is_chosen = chosen && chosen->time == one->time;
    if (!is_chosen && !is_handled(row, identity_of(*one))) {
      note_missed(draft, plan.name, one->time, Missed::too_late);
      if (++late == 1) newest = one->time;
    }
    if (n == 0) row.looked_until = one->start;
    at = one->start - instant;
  }
  if (late > 0) tell_missed(draft, plan, newest, Missed::too_late, late);
  return late;
}

// An occurrence waits for the last one's end only as long as the plan lets one wait.
void heed_no_wait(Draft& draft, const Plan& plan, PlanRow& row) {
  const bool waits = plan.schedule.kind() == Schedule::Kind::occurrences && plan.overlap != Overlap::skip;
  if (!row.buffered || waits || planted(Bug::keeps_buffered)) return;
  note_missed(draft, plan.name, *row.buffered, Missed::overlap);
  row.buffered.reset();
}

// What the sessions of the window serve that has begun at `time`. Where a clock that was ahead opened later
// windows, and sessions served those, an identity that is free stands for the time.
Wall occurrence_of(const PlanRow& row, Wall time) {
  if (!row.window || time > row.window->time) return time;
  const bool known = time == row.window->time || is_handled(row, time);
  return known ? row.window->occurrence : time;
}

void open_window(const Draft& draft, const Plan& plan, PlanRow& row) {
  const Wall now = draft.now().wall;
  const auto window = plan.schedule.window_at(now);
  if (!window) return;
  const Wall time = window->time;
  // A clock that went back must not make a window that was open before look new.
  if (row.window && (time == row.window->time || (time < row.window->time && is_handled(row, time)))) return;
  row.window = OpenWindow{time, time};
  for (const int replica : replicas_of(draft, plan.name, plan.count)) {
    const auto& served = draft.slot({plan.name, replica}).occurrence;
    if (served) row.window->occurrence = std::max(row.window->occurrence, *served + instant);
  }
  // A clock that was ahead may have opened this very window, and sessions served it.
  row.window->occurrence = free_from(row, row.window->occurrence);
  mark_handled(row, time, now);
  mark_handled(row, row.window->occurrence, now);
}

Want window_want(const Plan& plan, const PlanRow& row, Wall now, bool paused) {
  Want want;
  if (plan.schedule.kind() == Schedule::Kind::window && !shows_time(now)) {
    want.alive = true;
    return want;
  }
  if (const auto window = plan.schedule.window_at(now)) want.begin = occurrence_of(row, window->time);
  // A start by an operator is an occurrence of its own, inside a window too.
  if (row.by_hand && row.by_hand->begin <= now && now < row.by_hand->end) {
    want.begin = std::max(want.begin.value_or(row.by_hand->begin), row.by_hand->begin);
    if (*want.begin == row.by_hand->begin) want.cause = Cause::operator_;
  }
  want.alive = want.begin.has_value();
  if (paused) want.begin.reset();
  want.repeats = want.begin.has_value();
  return want;
}

// Later occurrences have begun nothing: what waits since before does not begin after them.
void heed_passed_by(Draft& draft, const Plan& plan, PlanRow& row) {
  if (!row.buffered || draft.now().wall - plan.schedule.start_of(*row.buffered) <= plan.catch_up) return;
  pass_over(draft, plan, *row.buffered, Missed::too_late);
  row.buffered.reset();
}

// It may begin as long after its time, or after the last session was seen to end, as any start may be late.
bool waits_in_vain(const Draft& draft, const Plan& plan, Wall occurrence) {
  const Now now = draft.now();
  if (now.wall - plan.schedule.start_of(occurrence) <= plan.catch_up) return false;
  for (const int replica : replicas_of(draft, plan.name, plan.count)) {
    const auto& vacated = draft.slot({plan.name, replica}).vacated_at;
    if (vacated && now.mono - *vacated <= plan.catch_up) return false;
  }
  return true;
}

}  // namespace

Want want_now(const Plan& plan, const PlanRow& row, Wall now, bool paused) {
  if (plan.schedule.kind() != Schedule::Kind::occurrences) return window_want(plan, row, now, paused);
  Want want;
  want.repeats = !paused;
  return want;
}

std::optional<Wall> wanted_until(const Plan& plan, const PlanRow& row, Wall at) {
  std::optional<Wall> until;
  if (const auto window = plan.schedule.window_at(at)) until = window->end.value_or(Wall::max());
  const bool by_hand = row.by_hand && row.by_hand->begin <= at && at < row.by_hand->end;
  if (by_hand) until = std::max(until.value_or(row.by_hand->end), row.by_hand->end);
  return until;
}

void pass_over(Draft& draft, const Plan& plan, Wall occurrence, Missed why) {
  note_missed(draft, plan.name, occurrence, why);
  tell_missed(draft, plan, occurrence, why, 1);
}

Want take_wanted(Draft& draft, const Plan& plan, PlanRow& row, bool paused) {
  const Wall now = draft.now().wall;
  if (shows_time(now)) heed_clock(row, now);
  heed_no_wait(draft, plan, row);
  if (plan.schedule.kind() != Schedule::Kind::occurrences) {
    if (plan.schedule.kind() == Schedule::Kind::always || shows_time(now)) open_window(draft, plan, row);
    return window_want(plan, row, now, paused);
  }
  Want want = want_now(plan, row, now, paused);
  if (!shows_time(now)) return want;
  auto latest = plan.schedule.latest_start(now, plan.catch_up);
  const bool old =
      latest && (latest->start < row.known_since ||
                 (row.looked_until && latest->start <= *row.looked_until && !planted(Bug::begins_twice)));
  if (old || (latest && is_handled(row, identity_of(*latest)))) latest.reset();
  const int late = look_back(draft, plan, row, latest);
  if (late > 0 || (latest && paused)) heed_passed_by(draft, plan, row);
  if (!latest) return want;
  mark_handled(row, identity_of(*latest), now);
  if (paused) {
    note_missed(draft, plan.name, latest->time, Missed::paused);
  } else {
    want.begin = latest->time;
  }
  return want;
}

std::optional<Wall> take_buffered(Draft& draft, const Plan& plan, PlanRow& row) {
  if (!row.buffered || !shows_time(draft.now().wall)) return std::nullopt;
  const Wall occurrence = *std::exchange(row.buffered, std::nullopt);
  if (planted(Bug::loses_buffered)) return std::nullopt;
  // A clock that was ahead let it wait.
  if (plan.schedule.start_of(occurrence) > draft.now().wall) {
    note_missed(draft, plan.name, occurrence, Missed::overlap);
    return std::nullopt;
  }
  if (!waits_in_vain(draft, plan, occurrence)) return occurrence;
  pass_over(draft, plan, occurrence, Missed::too_late);
  return std::nullopt;
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
