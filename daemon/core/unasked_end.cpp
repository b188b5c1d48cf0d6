#include "core/unasked_end.h"

namespace keeper {
namespace {

// Which limit ended a remote of which the provider says only that a timeout passed.
Reason limit_of(const Tracked& session, const Plan* plan, const Remote& remote, Mono ended) {
  if (const auto passed = limit_passed(session, ended)) return *passed;
  const Mono idle = session.idle_at.value_or(mono_never);
  const Mono hard = session.hard_at.value_or(mono_never);
  if (idle != hard) return idle < hard ? Reason::idle_timeout : Reason::max_duration;
  // A process that has just begun knows no deadline yet.
  const bool has_maximum = remote.maximum || remote.expires_at || (plan && plan->maximum);
  const bool has_idle = remote.idle_timeout || (plan && plan->idle_timeout);
  return has_maximum && !has_idle ? Reason::max_duration : Reason::idle_timeout;
}

}  // namespace

std::optional<Reason> limit_passed(const Tracked& session, Mono at) {
  const Mono idle = session.idle_at.value_or(mono_never);
  const Mono hard = session.hard_at.value_or(mono_never);
  if (at < std::min(idle, hard)) return std::nullopt;
  return idle <= hard ? Reason::idle_timeout : Reason::max_duration;
}

EndedAs unasked_end(const Tracked& session, const Plan* plan, const Remote& remote, Mono ended) {
  if (remote.state == State::timed_out && !remote.reason)
    return {State::timed_out, limit_of(session, plan, remote, ended)};
  if (remote.state == State::closed) {
    if (const auto passed = limit_passed(session, ended)) return {State::timed_out, *passed};
  }
  return {remote.state, remote.reason.value_or(Reason::ended_by_provider)};
}

EndedAs gone_end(const Tracked& session, const Plan* plan, const Traits* traits, Mono since) {
  static const Traits unknown;
  const Traits& facts = traits ? *traits : unknown;
  const auto passed = facts.gone_by_deadline ? limit_passed(session, since) : std::nullopt;
  if (passed) return {State::timed_out, *passed};
  return {facts.gone_state, facts.gone_reason ? *facts.gone_reason : limit_of(session, plan, Remote{}, since)};
}

}  // namespace keeper
