#include "core/handled_times.h"

#include <algorithm>

#include "base/planted.h"

namespace keeper {
namespace {

using Stretch = std::vector<HandledTimes>::iterator;

// Joins one stretch with the next one.
void join_nearest(std::vector<HandledTimes>& handled, Wall now) {
  Stretch nearest = handled.end();
  for (Stretch one = handled.begin(); std::next(one) != handled.end(); ++one) {
    if (one->last <= now && std::next(one)->first > now) continue;
    const auto gap = [](Stretch before) { return std::next(before)->first - before->last; };
    if (nearest == handled.end() || gap(one) < gap(nearest)) nearest = one;
  }
  nearest->last = std::next(nearest)->last;
  handled.erase(std::next(nearest));
}

}  // namespace

bool is_handled(const PlanRow& row, Wall time) {
  const auto after = std::upper_bound(row.handled.begin(), row.handled.end(), time,
                                      [](Wall t, const HandledTimes& one) { return t < one.first; });
  return after != row.handled.begin() && time <= std::prev(after)->last;
}

void mark_handled(PlanRow& row, Wall time, Wall now) {
  if (is_handled(row, time) || planted(Bug::begins_twice)) return;
  const auto after = std::upper_bound(row.handled.begin(), row.handled.end(), time,
                                      [](Wall t, const HandledTimes& one) { return t < one.first; });
  row.handled.insert(after, HandledTimes{time, time});
  if (row.handled.size() > handled_max) join_nearest(row.handled, now);
}

Wall free_from(const PlanRow& row, Wall time) {
  for (const HandledTimes& one : row.handled) {
    if (one.first <= time && time <= one.last) time = one.last + Millis{1};
  }
  return time;
}

}  // namespace keeper
