#include "status/page/timeline.h"

#include <algorithm>

namespace keeper {
namespace {

struct Span {
  Wall begin, end;
};
using Spans = std::vector<Span>;

// Sorted, and without any that touch or overlap.
Spans merged(Spans spans) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  Spans all;
  for (const Span& span : spans) {
    if (span.end <= span.begin) continue;
    if (!all.empty() && span.begin <= all.back().end) {
      all.back().end = std::max(all.back().end, span.end);
    } else {
      all.push_back(span);
    }
  }
  return all;
}

// The parts of `from` that `taken` does not cover. Both must be merged.
Spans without(const Spans& from, const Spans& taken) {
  Spans left;
  for (Span span : from) {
    for (const Span& hole : taken) {
      if (hole.end <= span.begin) continue;
      if (hole.begin >= span.end) break;
      if (hole.begin > span.begin) left.push_back({span.begin, hole.begin});
      span.begin = std::min(hole.end, span.end);
    }
    if (span.begin < span.end) left.push_back(span);
  }
  return left;
}

// The parts that both have. Both must be merged.
Spans common(const Spans& one, const Spans& other) { return without(one, without(one, other)); }

Spans windows_of(const Schedule& schedule, Wall since, Wall now) {
  Spans all;
  auto window = schedule.window_at(since);
  for (Wall at = since; at < now;) {
    if (!window) {
      const auto next = schedule.next_start(at);
      if (!next || next->start >= now) break;
      at = next->start;
      window = schedule.window_at(at);
      if (!window) continue;
    }
    const Wall end = std::min(window->end.value_or(now), now);
    all.push_back({std::max(window->begin, since), end});
    at = end;
    window = schedule.window_at(at);
  }
  return merged(std::move(all));
}

// True where nothing is started again for the occurrence after this end.
bool ends_its_occurrence(const SessionRow& row, Restart restart) {
  if (row.reason == Reason::stopped_by_operator) return true;
  return restart == Restart::never || (restart == Restart::on_failure && row.state == State::closed);
}

class Replica {
 public:
  Replica(const Plan& plan, int number, Wall since, Wall now)
      : plan_(plan), number_(number), since_(since), now_(now) {}

  void add(const SessionRow& row) {
    const Wall end = row.ended_at.value_or(now_);
    const Wall active = row.active_at.value_or(end);
    put(StretchKind::queued, row.created_at, active, row.id);
    put(StretchKind::active, active, end, row.id);
    covered_.push_back({row.created_at, end});
    if (active < end) active_.push_back({std::max(active, since_), end});
    if (last_ == nullptr || row.created_at > last_->created_at) last_ = &row;
  }

  Spans active() const { return merged(active_); }

  void finish(const Spans& wanted, Timeline& to) {
    std::sort(active_.begin(), active_.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
    Wall reached = Wall::min();
    for (const Span& span : active_) {
      if (span.begin < reached)
        put(StretchKind::overlap, span.begin, std::min(reached, span.end), std::nullopt);
      reached = std::max(reached, span.end);
    }
    for (const Span& gap : without(without(wanted, merged(covered_)), not_restarted())) {
      put(StretchKind::gap, gap.begin, gap.end, std::nullopt);
      to.missing += gap.end - gap.begin;
      ++to.gaps;
    }
    to.stretches.insert(to.stretches.end(), stretches_.begin(), stretches_.end());
  }

 private:
  void put(StretchKind kind, Wall begin, Wall end, const std::optional<SessionId>& session) {
    begin = std::max(begin, since_);
    end = std::min(end, now_);
    if (begin < end) stretches_.push_back({kind, begin, end, number_, session});
  }

  // Nothing is missing between the last session and the end of its occurrence, if that end was final.
  Spans not_restarted() const {
    if (last_ == nullptr || !last_->ended_at || !ends_its_occurrence(*last_, effective_restart(plan_)))
      return {};
    const auto window = plan_.schedule.window_at(*last_->ended_at);
    return {{*last_->ended_at, window ? window->end.value_or(now_) : now_}};
  }

  const Plan& plan_;
  const int number_;
  const Wall since_;
  const Wall now_;
  const SessionRow* last_ = nullptr;
  Spans covered_;
  Spans active_;
  std::vector<Stretch> stretches_;
};

}  // namespace

Timeline timeline_of(const Plan& plan, const std::optional<Pause>& pause,
                     const std::vector<const SessionRow*>& sessions, Wall since, Wall now) {
  Timeline timeline;
  if (sessions.empty() || since >= now) return timeline;
  Wall first = now;
  int replicas = plan.count;
  for (const SessionRow* row : sessions) {
    first = std::min(first, row->created_at);
    replicas = std::max(replicas, row->replica + 1);
  }
  Spans wanted = windows_of(plan.schedule, std::max(first, since), now);
  if (pause) wanted = without(wanted, {{pause->since, now}});
  Spans alive{{since, now}};
  for (int number = 0; number < replicas; ++number) {
    Replica replica(plan, number, since, now);
    for (const SessionRow* row : sessions) {
      if (row->replica == number) replica.add(*row);
    }
    if (number < plan.count) alive = common(alive, replica.active());
    replica.finish(number < plan.count ? wanted : Spans{}, timeline);
  }
  for (const Span& span : alive) timeline.alive += span.end - span.begin;
  std::stable_sort(timeline.stretches.begin(), timeline.stretches.end(),
                   [](const Stretch& a, const Stretch& b) {
                     const auto rank = [](StretchKind kind) {
                       return kind == StretchKind::gap ? 2 : kind == StretchKind::overlap ? 1 : 0;
                     };
                     return rank(a.kind) < rank(b.kind);
                   });
  return timeline;
}

}  // namespace keeper
