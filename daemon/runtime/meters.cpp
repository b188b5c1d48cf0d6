#include "runtime/meters.h"

#include <map>
#include <string>
#include <utility>

namespace keeper {
namespace {

using Bounds = prometheus::Histogram::BucketBoundaries;

const Bounds& call_bounds() {
  static const Bounds all{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120};
  return all;
}
const Bounds& short_bounds() {
  static const Bounds all{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3};
  return all;
}
const Bounds& lateness_bounds() {
  static const Bounds all{0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600};
  return all;
}
const Bounds& margin_bounds() {
  static const Bounds all{0, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600};
  return all;
}

}  // namespace

Meters::Meters()
    : transitions_(
          counters("transitions_total", "Transitions that were recorded, by the state and the reason.")),
      deliveries_(counters("deliveries_total", "Deliveries that were recorded, by what they did.")),
      calls_(counters("provider_calls_total", "Calls to providers, by how they ended.")),
      fenced_(counters("fenced_calls_total",
                       "Calls that were not made, because that this process leads was not confirmed.")),
      lived_(counters("session_lifetime_seconds_total", "How long the sessions lived that have ended.")),
      cost_(counters("session_cost_total",
                     "What the sessions that have ended cost, by the configured prices.")),
      call_time_(histograms("provider_call_duration_seconds", "How long calls to providers took.")),
      start_lateness_(histograms("start_lateness_seconds",
                                 "How long after its time the first start of an occurrence left.")
                          .Add({}, lateness_bounds())),
      heartbeat_margin_(histograms("heartbeat_margin_seconds",
                                   "What was left of a session's time when its heartbeat was confirmed.")
                            .Add({}, margin_bounds())),
      commit_time_(histograms("store_commit_duration_seconds", "How long transactions took to be on disk.")
                       .Add({}, short_bounds())),
      loop_turn_(histograms("loop_turn_duration_seconds", "How long turns of the loop took.")
                     .Add({}, short_bounds())),
      acknowledgement_(
          histograms("webhook_acknowledgement_seconds",
                     "From a delivery's verification until it was on disk and could be acknowledged.")
              .Add({}, short_bounds())) {}

Meters::Counters& Meters::counters(const char* name, const char* help) {
  return prometheus::BuildCounter()
      .Name(std::string("session_keeper_") + name)
      .Help(help)
      .Register(registry_);
}

Meters::Histograms& Meters::histograms(const char* name, const char* help) {
  return prometheus::BuildHistogram()
      .Name(std::string("session_keeper_") + name)
      .Help(help)
      .Register(registry_);
}

void Meters::called(const ProviderName& provider, EffectKind kind, const Result<std::vector<Remote>>& answer,
                    Time took) {
  const std::string call(to_string(kind));
  const bool refused = answer && !answer->empty() && !answer->front().heartbeat_error.empty();
  const std::string outcome(refused ? "refused" : answer ? "ok" : to_string(answer.error().kind));
  calls_.Add({{"provider", provider.str()}, {"call", call}, {"outcome", outcome}}).Increment();
  call_time_.Add({{"provider", provider.str()}, {"call", call}}, call_bounds()).Observe(took.count());
}

void Meters::held_back(const ProviderName& provider, EffectKind kind) {
  fenced_.Add({{"provider", provider.str()}, {"call", std::string(to_string(kind))}}).Increment();
}

void Meters::committed(const Batch& batch, const Config& config, Time took) {
  commit_time_.Observe(took.count());
  for (const TransitionRow& row : batch.transitions) {
    transitions_.Add({{"to", std::string(to_string(row.to))}, {"reason", std::string(to_string(row.reason))}})
        .Increment();
    if (!is_terminal(row.to)) continue;
    for (const SessionRow& session : batch.sessions) {
      if (session.id == row.session && is_terminal(session.state)) {
        ended(session, config);
        break;
      }
    }
  }
  std::map<std::pair<ProviderName, Disposition>, int> deliveries;
  for (const DeliveryRow& row : batch.deliveries) ++deliveries[{row.provider, row.disposition}];
  for (const auto& [of, count] : deliveries) {
    deliveries_.Add({{"provider", of.first.str()}, {"disposition", std::string(to_string(of.second))}})
        .Increment(count);
  }
}

void Meters::ended(const SessionRow& row, const Config& config) {
  const auto life = lifetime(row, row.ended_at.value_or(row.created_at));
  if (!life) return;
  const Price* price = price_of(config, row.provider);
  const Spent spent = spent_within(*life, price != nullptr ? *price : Price{}, {Wall::min(), Wall::max()});
  lived_.Add({{"plan", row.plan.str()}, {"provider", row.provider.str()}})
      .Increment(Time(spent.lived).count());
  if (price == nullptr) return;
  cost_.Add({{"plan", row.plan.str()}, {"provider", row.provider.str()}, {"currency", price->currency}})
      .Increment(cost_of(spent.billed, *price));
}

}  // namespace keeper
