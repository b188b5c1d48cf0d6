#include <algorithm>
#include <vector>

#include "base/text.h"
#include "config/readers.h"

namespace keeper::config {
namespace {

// Enough for a window in every hour of the year; a denser plan is looked at for a shorter time.
constexpr std::size_t intervals_max = 9000;

constexpr std::chrono::days look_ahead{366};
// Any four weeks would do, as long as they stay the same: two plans whose crons overlap in these do so each
// year.
constexpr Wall reference_begin{std::chrono::sys_days{std::chrono::June / 3 / 2024}.time_since_epoch()};
constexpr Wall reference_end = reference_begin + std::chrono::days{28};

struct Interval {
  Wall begin, end;
};

struct Timeline {
  std::vector<Interval> intervals;
  Wall known_until{};
};

Timeline windows_of(const Schedule& schedule, Wall from, Wall until) {
  Timeline line{{}, until};
  Wall at = from;
  while (at < until) {
    if (line.intervals.size() == intervals_max) {
      line.known_until = at;
      break;
    }
    const auto window = schedule.window_at(at);
    if (window) {
      const Wall end = window->end.value_or(Wall::max());
      line.intervals.push_back({at, end});
      if (end <= at) break;
      at = end;
      continue;
    }
    const auto next = schedule.next_start(at);
    if (!next) break;
    at = next->start;
  }
  return line;
}

Timeline occurrences_of(const Plan& plan, Wall from, Wall until) {
  Timeline line{{}, until};
  Wall at = from;
  while (const auto next = plan.schedule.next_start(at)) {
    if (next->start >= until) break;
    if (line.intervals.size() == intervals_max) {
      line.known_until = at;
      break;
    }
    const Wall end = plan.max_duration ? next->start + *plan.max_duration : Wall::max();
    line.intervals.push_back({next->start, end});
    if (!plan.max_duration) break;
    at = next->start;
  }
  return line;
}

Timeline timeline_of(const Plan& plan, Wall from, Wall until) {
  return plan.schedule.kind() == Schedule::Kind::occurrences ? occurrences_of(plan, from, until)
                                                             : windows_of(plan.schedule, from, until);
}

std::optional<Wall> first_overlap(const Timeline& a, const Timeline& b) {
  const Wall until = std::min(a.known_until, b.known_until);
  for (std::size_t i = 0, j = 0; i < a.intervals.size() && j < b.intervals.size();) {
    const Interval& x = a.intervals[i];
    const Interval& y = b.intervals[j];
    const Wall begin = std::max(x.begin, y.begin);
    if (begin >= until) return std::nullopt;
    if (begin < std::min(x.end, y.end)) return begin;
    x.end <= y.end ? ++i : ++j;
  }
  return std::nullopt;
}

bool has_dates(const Plan& plan) {
  const Schedule::Spec& spec = plan.schedule.spec();
  return !spec.at.empty() || !spec.exclude.empty() || spec.not_before || spec.not_after;
}

// An overlap that does not depend on today's date. A file that is taken today is taken tomorrow, so that only
// this is an error.
std::optional<Wall> certain_overlap(const Plan& a, const Plan& b) {
  if (has_dates(a) || has_dates(b)) return std::nullopt;
  return first_overlap(timeline_of(a, reference_begin, reference_end),
                       timeline_of(b, reference_begin, reference_end));
}

bool same_place(const PlacedPlan& a, const PlacedPlan& b) {
  if (a.plan->place != b.plan->place) return false;
  const ProviderSettings& x = a.provider->settings;
  const ProviderSettings& y = b.provider->settings;
  if (x.name == y.name) return true;
  if (x.type != y.type || x.base_url != y.base_url) return false;
  if (!x.api_key.empty() && !y.api_key.empty()) return x.api_key == y.api_key;
  return a.provider->key_source == b.provider->key_source;
}

}  // namespace

void check_overlaps(const std::vector<PlacedPlan>& plans, Wall now, Problems& problems) {
  if (plans.size() < 2) return;
  std::vector<Timeline> lines;
  for (const PlacedPlan& placed : plans) lines.push_back(timeline_of(*placed.plan, now, now + look_ahead));
  for (std::size_t i = 0; i < plans.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!same_place(plans[i], plans[j])) continue;
      const auto certain = certain_overlap(*plans[j].plan, *plans[i].plan);
      const auto next = first_overlap(lines[j], lines[i]);
      if (!certain && !next) continue;
      const auto name = [&](std::size_t k) { return "'" + printable(plans[k].plan->name.str(), 60) + "'"; };
      std::string what = "plans " + name(j) + " and " + name(i) + " both want " + plans[i].plan->place +
                         " at " + to_rfc3339(next ? *next : *certain) + ": " +
                         plans[i].provider->settings.type.str() + " holds one session per server";
      if (certain) {
        problems.error(plans[i].place, std::move(what));
      } else {
        problems.warning(plans[i].place, std::move(what) + ", so that one of them waits then");
      }
    }
  }
}

}  // namespace keeper::config
