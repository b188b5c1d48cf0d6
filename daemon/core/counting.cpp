#include "core/counting.h"

#include <algorithm>

#include "base/planted.h"
#include "core/handled_times.h"
#include "core/wants.h"

namespace keeper {
namespace {

// A wall clock that moved this much against boot time was stepped.
constexpr Millis clock_step = Seconds{1};

void count_from(PlanRow& row, Wall now) {
  row.known_since = now;
  row.looked_until.reset();
}

std::optional<Wall> newest_begun(const Draft& draft, const Plan& plan) {
  std::optional<Wall> newest;
  for (const int replica : replicas_of(draft, plan.name, plan.count)) {
    const Slot& slot = draft.slot({plan.name, replica});
    if (slot.occurrence) newest = std::max(newest.value_or(*slot.occurrence), *slot.occurrence);
  }
  return newest;
}

// The program before this one did not store which window is open: its sessions tell.
void adopt_window(const Draft& draft, const Plan& plan, PlanRow& row) {
  const Wall now = draft.now().wall;
  const auto window = plan.schedule.window_at(now);
  const auto newest = newest_begun(draft, plan);
  if (!window || !newest || *newest < window->time || *newest > now) return;
  row.window = OpenWindow{window->time, *newest};
  mark_handled(row, window->time, now);
}

void change_schedule(Draft& draft, const Plan& plan, PlanRow& row) {
  const Wall now = draft.now().wall;
  count_from(row, now);
  if (row.buffered) draft.miss({plan.name, *row.buffered, Missed::overlap, now});
  row.buffered.reset();
  const bool windows = plan.schedule.kind() != Schedule::Kind::occurrences;
  // Its sessions will serve occurrences, so that a window is none of theirs any more when it comes again.
  if (!windows) row.window.reset();
  if (row.by_hand && windows) row.by_hand->end = std::min(row.by_hand->end, end_by_hand(plan, now));
}

}  // namespace

void take_schedule(Draft& draft, const Plan& plan) {
  std::string fingerprint = plan.schedule.fingerprint();
  const PlanTrack* track = draft.plan_track(plan.name);
  if (track && (track->row.schedule == fingerprint || planted(Bug::acts_backwards))) return;
  PlanRow& row = draft.edit_plan(plan.name).row;
  if (!track) {
    row.name = plan.name;
    row.known_since = draft.now().wall;
  } else if (!row.schedule) {
    adopt_window(draft, plan, row);
  } else {
    change_schedule(draft, plan, row);
  }
  row.schedule = std::move(fingerprint);
}

void leave_schedule(Draft& draft, const PlanName& name) {
  if (draft.plan_track(name)->row.schedule == "" || planted(Bug::forgets_absence)) return;
  draft.edit_plan(name).row.schedule = "";
}

void heed_clock_step(Draft& draft) {
  const Now now = draft.now();
  const auto& before = draft.world().clock_offset;
  if (!before) return;
  const Millis step = now.wall.time_since_epoch() - now.mono.time_since_epoch() - *before;
  if (step <= clock_step && step >= -clock_step) return;
  const bool leaps = step > clock_leap || step < -clock_leap;
  for (const auto& [name, track] : draft.world().plans) {
    draft.wake_plan(name);
    const Plan* plan = draft.plan(name);
    if (!leaps || !plan || !shows_time(now.wall)) continue;
    PlanRow& row = draft.edit_plan(name).row;
    if (shows_time(now.wall - step)) count_from(row, now.wall);
    const auto& by_hand = row.by_hand;
    if (by_hand && by_hand->begin <= now.wall - step && now.wall - step < by_hand->end) {
      row.by_hand = ByHand{now.wall, end_by_hand(*plan, now.wall)};
    }
  }
}

void heed_clock(PlanRow& row, Wall now) {
  const bool ahead = row.known_since > now || (row.looked_until && *row.looked_until > now);
  const bool unset = row.known_since < clock_floor;
  if ((ahead && !planted(Bug::stays_ahead)) || (unset && !planted(Bug::believes_1970))) count_from(row, now);
  if (row.by_hand && row.by_hand->begin > now) row.by_hand->begin = now;
}

Wall end_by_hand(const Plan& plan, Wall now) {
  if (const auto window = plan.schedule.window_at(now)) return window->end.value_or(Wall::max());
  if (const auto length = plan.schedule.spec().duration) return now + *length;
  return plan.schedule.next_stop(now).value_or(Wall::max());
}

}  // namespace keeper
