#include "probe/terms.h"

#include <algorithm>
#include <cstdio>

namespace keeper::probe {
namespace {

double cost_of_life(Millis life, const Price& price) { return cost_of(billed_of(life, price), price); }

std::string amount(double cost, const Price& price) {
  char text[64];
  std::snprintf(text, sizeof text, "%.4f", cost);
  return text + (price.currency.empty() ? std::string() : " " + price.currency);
}

// From the start's call to the last stop's answer.
Millis brief_life(const Terms& terms) {
  return std::max(terms.plan.start_timeout, list_wait) + heartbeat_wait + terms.plan.stop_timeout +
         10 * terms.traits.request_timeout + 20 * terms.call_spacing;
}

Millis lasting_life(const Terms& terms) {
  const Millis idle = *terms.plan.idle_timeout;
  const Millis watched = idle + idle / 3 + idle_slack(idle);
  return terms.plan.start_timeout + watched + stop_reserve(terms);
}

}  // namespace

Millis stop_reserve(const Terms& terms) {
  return terms.plan.stop_timeout + 4 * (terms.traits.request_timeout + terms.call_spacing);
}

Millis idle_slack(Millis idle_timeout) {
  return std::clamp<Millis>(idle_timeout / 4, Seconds{20}, std::chrono::minutes{3});
}

Millis idle_step(Millis idle_timeout) {
  return std::clamp<Millis>(idle_timeout / 20, Seconds{1}, Seconds{15});
}

Millis call_spacing(const CallLimits& limits) {
  if (!limits.calls || limits.calls->calls <= 0) return Millis{0};
  return 2 * limits.calls->window / limits.calls->calls;
}

Result<Limits> limits_of(const Terms& terms, double max_cost, std::optional<Millis> max_time) {
  const auto refused = [&](std::string what) { return Error{ErrorKind::denied, std::move(what)}; };
  if (!terms.traits.price) {
    return refused(
        "provider '" + terms.provider.str() +
        "' has no price, so that nothing tells what the probe may cost: give it `price: {per_hour: "
        "..., minimum: ..., currency: ...}` (per_hour: 0 where it costs nothing)");
  }
  const Price& price = *terms.traits.price;
  Limits limits;
  limits.brief_life = brief_life(terms);
  constexpr int brief = 2;  // a second start may make a session of its own
  const double brief_cost = brief * cost_of_life(limits.brief_life, price);
  if (brief_cost > max_cost) {
    return refused("the probe may cost up to " + amount(brief_cost, price) + ": two sessions of up to " +
                   to_text(limits.brief_life) +
                   "; raise --max-cost, or shorten start_timeout and stop_timeout of plan '" +
                   terms.plan.name.str() + "'");
  }
  limits.starts = brief;
  limits.cost = brief_cost;
  limits.max_time = limits.brief_life;
  if (!terms.plan.idle_timeout) {
    limits.why_no_lasting = "plan '" + terms.plan.name.str() + "' has no idle timeout";
  } else {
    const Millis life = lasting_life(terms);
    const double cost = brief_cost + cost_of_life(life, price);
    const Millis needed = limits.brief_life + life;
    if (cost > max_cost) {
      limits.why_no_lasting = "it may cost " + amount(cost, price) +
                              " in all: raise --max-cost, or name a plan "
                              "with a shorter idle_timeout";
    } else if (max_time && *max_time < needed) {
      limits.why_no_lasting = "it may take " + to_text(needed) +
                              " in all: raise --max-time, or name a plan with "
                              "a shorter idle_timeout";
    } else {
      limits.lasting_life = life;
      limits.starts += 1;
      limits.cost = cost;
      limits.max_time = needed;
    }
  }
  if (max_time) limits.max_time = std::min(limits.max_time, *max_time);
  return limits;
}

}  // namespace keeper::probe
