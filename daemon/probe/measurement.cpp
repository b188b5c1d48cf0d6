#include "probe/measurement.h"

#include <algorithm>
#include <cstdio>

#include "probe/session_steps.h"

namespace keeper::probe {
namespace {

void measure_lasting(SessionSteps& steps, bool has_stopped) {
  const auto leave_out = [&](const std::string& why) {
    for (const Claim claim : {Claim::idle_timeout, Claim::idle_end}) steps.findings().leave_out(claim, why);
  };
  if (steps.limits().lasting_life == Millis{0}) return leave_out(steps.limits().why_no_lasting);
  if (!has_stopped) return leave_out("the first session did not end, so that no second one was started");
  if (steps.goes_on()) lasting_part(steps);
}

std::string billed_text(const Price& price, const Outcome& outcome) {
  char text[160];
  const Millis billed = std::max(outcome.lived, outcome.started * price.minimum);
  std::snprintf(text, sizeof text,
                "no answer tells it: by the price, %d sessions of %.0f s in all are %.4f %s; see the bill",
                outcome.started, static_cast<double>(outcome.lived.count()) / 1000, cost_of(billed, price),
                price.currency.c_str());
  return text;
}

}  // namespace

Outcome measure(Conversation& conversation, const Limits& limits, Journal& journal,
                const CleaningPorts& ports) {
  Outcome outcome;
  SessionSteps steps(conversation, limits, journal, ports, outcome);
  const bool has_stopped = brief_part(steps);
  // What a second start made must not live beside the next session.
  steps.end_all();
  measure_lasting(steps, has_stopped && outcome.left.empty());
  if (outcome.left.empty()) steps.end_all();
  for (const auto& word : claim_words) {
    outcome.findings.leave_out(word.value, outcome.broken_off.empty()
                                               ? "it could not be measured"
                                               : "the probe ended before: " + outcome.broken_off);
  }
  if (conversation.terms().traits.price && outcome.started > 0)
    outcome.findings.set(Claim::billed, Verdict::unmeasured,
                         billed_text(*conversation.terms().traits.price, outcome));
  return outcome;
}

}  // namespace keeper::probe
