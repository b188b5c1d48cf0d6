#include "schedule/schedule.h"

#include <algorithm>
#include <string>

#include "base/hash.h"

namespace keeper {
namespace {

using std::chrono::days;
using std::chrono::local_days;

constexpr Wall epoch{};
constexpr Millis instant{1};

std::optional<Wall> earlier(std::optional<Wall> a, std::optional<Wall> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

Schedule::Schedule() { spec_.always = true; }

Schedule::Schedule(Spec spec) : spec_(std::move(spec)) {
  std::sort(spec_.at.begin(), spec_.at.end());
  spec_.at.erase(std::unique(spec_.at.begin(), spec_.at.end()), spec_.at.end());
  std::vector<Interval> all;
  for (const DateRange& dates : spec_.exclude) {
    const Wall begin = spec_.zone.first(local_days{dates.first});
    const Wall end = spec_.zone.first(local_days{dates.last} + days{1});
    if (begin < end) all.push_back({begin, end});
  }
  std::sort(all.begin(), all.end(), [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  for (const Interval& next : all) {
    if (!excluded_.empty() && next.begin <= excluded_.back().end) {
      excluded_.back().end = std::max(excluded_.back().end, next.end);
    } else {
      excluded_.push_back(next);
    }
  }
}

std::string Schedule::fingerprint() const {
  std::string text = "1";
  const auto add = [&](std::string_view key, const auto& value) {
    text += "|" + std::string(key) + ":" + std::to_string(value);
  };
  const auto add_time = [&](std::string_view key, const auto& time) {
    add(key, time.time_since_epoch().count());
  };
  add("always", int{spec_.always});
  for (const auto& cron : {spec_.start, spec_.stop}) text += "|" + (cron ? cron->fingerprint() : "");
  if (spec_.start) text += "|" + spec_.zone.name() + ":" + spec_.zone.rules();
  if (spec_.every) add("every", spec_.every->count());
  add("phase", spec_.phase.count());
  for (const Wall time : spec_.at) add_time("at", time);
  if (spec_.duration) add("duration", spec_.duration->count());
  add("jitter", spec_.jitter.count());
  for (const Interval& out : excluded_) {
    add_time("from", out.begin);
    add_time("to", out.end);
  }
  if (spec_.not_before) add_time("not_before", *spec_.not_before);
  if (spec_.not_after) add_time("not_after", *spec_.not_after);
  return stable_hex128(text);
}

Schedule::Kind Schedule::kind() const {
  if (spec_.always) return Kind::always;
  return spec_.stop || spec_.duration ? Kind::window : Kind::occurrences;
}

// A tick is a time that the source of starts names, before anything is left out.
std::optional<Wall> Schedule::tick_after(Wall after) const {
  if (spec_.start) return spec_.start->next(after, spec_.zone);
  if (spec_.every) {
    const Wall first = epoch + spec_.phase;
    if (after < first) return first;
    if (after > Wall::max() - *spec_.every) return std::nullopt;
    return after + *spec_.every - (after - first) % *spec_.every;
  }
  if (spec_.always) {
    // What begins an `always` window: the epoch, and the end of each excluded stretch.
    if (after < epoch) return epoch;
    const auto next = std::upper_bound(excluded_.begin(), excluded_.end(), after,
                                       [](Wall t, const Interval& stretch) { return t < stretch.end; });
    return next == excluded_.end() ? std::nullopt : std::optional{next->end};
  }
  const auto next = std::upper_bound(spec_.at.begin(), spec_.at.end(), after);
  return next == spec_.at.end() ? std::nullopt : std::optional{*next};
}

std::optional<Wall> Schedule::tick_until(Wall at, Wall not_before) const {
  std::optional<Wall> tick;
  if (spec_.start) {
    tick = spec_.start->latest(at, not_before, spec_.zone);
  } else if (spec_.every) {
    const Wall first = epoch + spec_.phase;
    if (at >= first) tick = at - (at - first) % *spec_.every;
  } else if (spec_.always) {
    const auto next = std::upper_bound(excluded_.begin(), excluded_.end(), at,
                                       [](Wall t, const Interval& stretch) { return t < stretch.end; });
    if (at >= epoch) tick = next == excluded_.begin() ? epoch : std::prev(next)->end;
  } else {
    const auto next = std::upper_bound(spec_.at.begin(), spec_.at.end(), at);
    if (next != spec_.at.begin()) tick = *std::prev(next);
  }
  return tick && *tick >= not_before ? tick : std::nullopt;
}

const Schedule::Interval* Schedule::excluded(Wall t) const {
  const auto next = std::upper_bound(excluded_.begin(), excluded_.end(), t,
                                     [](Wall time, const Interval& stretch) { return time < stretch.begin; });
  if (next == excluded_.begin() || std::prev(next)->end <= t) return nullptr;
  return &*std::prev(next);
}

// After a gap a start and the stop that follows it may both be made up for at one instant: nothing is left of
// that window, and it must not last until the next stop.
bool Schedule::is_moot(Wall start) const {
  if (!spec_.stop || !spec_.start || spec_.stop->latest(start, start, spec_.zone) != start) return false;
  return spec_.stop->nominal(start, spec_.zone) > spec_.start->nominal(start, spec_.zone);
}

// A start is a tick that counts.
std::optional<Wall> Schedule::start_after(Wall after) const {
  for (auto tick = tick_after(after); tick; tick = tick_after(after)) {
    const Interval* out = excluded(*tick);
    if (out == nullptr && !is_moot(*tick)) return tick;
    after = out == nullptr ? *tick : out->end - instant;
  }
  return std::nullopt;
}

std::optional<Wall> Schedule::start_until(Wall at, Wall not_before) const {
  for (auto tick = tick_until(at, not_before); tick; tick = tick_until(at, not_before)) {
    const Interval* out = excluded(*tick);
    if (out == nullptr && !is_moot(*tick)) return tick;
    at = (out == nullptr ? *tick : out->begin) - instant;
  }
  return std::nullopt;
}

// An opening is a start that begins something new: with `stop`, the first since the last stop.
std::optional<Wall> Schedule::opening_until(Wall at) const {
  const auto start = start_until(at, epoch);
  if (!start || !spec_.stop) return start;
  const auto stop = spec_.stop->latest(*start, epoch, spec_.zone);
  return start_after(stop.value_or(epoch) - instant);
}

std::optional<Wall> Schedule::opening_after(Wall after) const {
  if (!spec_.stop) return start_after(after);
  const auto open = opening_until(after);
  if (!open) return start_after(after);
  const auto stop = spec_.stop->next(*open, spec_.zone);
  return stop ? start_after(std::max(after, *stop - instant)) : std::nullopt;
}

// Where an opening's window ends at the latest, jitter apart.
std::optional<Wall> Schedule::stop_after(Wall opening) const {
  if (spec_.stop) return spec_.stop->next(opening, spec_.zone);
  if (!spec_.always) return std::nullopt;
  const auto next = std::upper_bound(excluded_.begin(), excluded_.end(), opening,
                                     [](Wall t, const Interval& stretch) { return t < stretch.begin; });
  return next == excluded_.end() ? std::nullopt : std::optional{next->begin};
}

// Keeps the order of openings: none begins at or after the next one's time, or its own end.
Occurrence Schedule::jittered(Wall time) const {
  if (spec_.jitter <= Millis{0}) return {time, time};
  Millis room = spec_.jitter;
  const auto limit = earlier(stop_after(time), opening_after(time));
  if (limit) room = std::min(room, *limit - time);
  const std::string key = spec_.plan.str() + "\n" + std::to_string(time.time_since_epoch().count());
  const auto late = stable_hash(key) % static_cast<std::uint64_t>(room.count());
  Wall start = time + Millis{static_cast<Millis::rep>(late)};
  if (spec_.not_after && !is_window() && time <= *spec_.not_after) start = std::min(start, *spec_.not_after);
  return {time, start};
}

// The newest occurrence that has begun. Jitter delays a start, but never past the next scheduled time, so
// that starts keep the order of their times. Hence at most the newest opening has not begun yet, and then the
// one before it has.
std::optional<Occurrence> Schedule::begun_until(Wall at) const {
  const auto newest = opening_until(at);
  if (!newest) return std::nullopt;
  const Occurrence found = jittered(*newest);
  if (found.start <= at) return found;
  const auto before = opening_until(*newest - instant);
  return before ? std::optional{jittered(*before)} : std::nullopt;
}

std::optional<Occurrence> Schedule::begins_after(Wall after) const {
  if (const auto newest = opening_until(after)) {
    const Occurrence found = jittered(*newest);
    if (found.start > after) return found;
  }
  const auto next = opening_after(after);
  return next ? std::optional{jittered(*next)} : std::nullopt;
}

std::optional<Window> Schedule::window_of(const Occurrence& opening) const {
  Window window{opening.time, opening.start, stop_after(opening.time)};
  if (spec_.duration) {
    window.end = opening.start + *spec_.duration;
    if (const auto next = opening_after(opening.time))
      window.end = std::min(*window.end, jittered(*next).start);
  }
  if (spec_.not_before) window.begin = std::max(window.begin, *spec_.not_before);
  window.end = earlier(window.end, spec_.not_after);
  if (window.end && *window.end <= window.begin) return std::nullopt;
  return window;
}

std::optional<Window> Schedule::window_at(Wall now) const {
  if (!is_window()) return std::nullopt;
  const auto opening = begun_until(now);
  if (!opening) return std::nullopt;
  const auto window = window_of(*opening);
  if (!window || now < window->begin || (window->end && now >= *window->end)) return std::nullopt;
  return window;
}

std::optional<Occurrence> Schedule::latest_start(Wall now, Millis within) const {
  if (is_window()) return std::nullopt;
  if (spec_.not_after && now > *spec_.not_after) {
    within -= now - *spec_.not_after;
    now = *spec_.not_after;
  }
  const auto found = begun_until(now);
  if (!found || found->start < now - within) return std::nullopt;
  if (spec_.not_before && found->time < *spec_.not_before) return std::nullopt;
  return found;
}

std::optional<Occurrence> Schedule::next_start(Wall after) const {
  if (is_window()) {
    if (spec_.not_before && after < *spec_.not_before) {
      // The one that not_before cuts begins there.
      const auto cut = window_at(*spec_.not_before);
      if (cut) return Occurrence{cut->time, cut->begin};
      after = *spec_.not_before;
    }
    const auto next = begins_after(after);
    return next && window_of(*next) ? next : std::nullopt;
  }
  if (spec_.not_before) after = std::max(after, *spec_.not_before - instant);
  auto next = begins_after(after);
  if (next && spec_.not_before && next->time < *spec_.not_before) {
    const auto opening = opening_after(*spec_.not_before - instant);
    next = opening ? std::optional{jittered(*opening)} : std::nullopt;
  }
  return next && !(spec_.not_after && next->time > *spec_.not_after) ? next : std::nullopt;
}

std::optional<Wall> Schedule::next_stop(Wall after) const {
  if (!is_window()) return std::nullopt;
  if (const auto window = window_at(after)) return window->end;
  const auto next = next_start(after);
  if (!next) return std::nullopt;
  const auto window = window_at(next->start);
  return window ? window->end : std::nullopt;
}

}  // namespace keeper
