#include "status/explain.h"

#include <cstdio>

#include "base/check.h"
#include "base/text.h"

namespace keeper {
namespace {

std::string at(Wall time) { return to_rfc3339(time); }

std::string creation_of(const SessionRow& row) {
  std::string words = "It was created at " + at(row.created_at) + " for plan " + row.plan.str() +
                      " at provider " + row.provider.str();
  if (row.occurrence != Wall{}) words += ", for the occurrence of " + at(row.occurrence);
  if (row.attempt > 0) words += ", as attempt " + std::to_string(row.attempt);
  if (row.predecessor) words += ", after session " + row.predecessor->str();
  return words + ".";
}

std::string state_of(const SessionRow& row) {
  std::string words = "It is " + std::string(to_string(row.state));
  if (row.state == State::active && row.active_at) words += " since " + at(*row.active_at);
  if (row.ended_at) words += " since " + at(*row.ended_at);
  words += ": " + std::string(clause_of(row.reason)) + " (" + std::string(to_string(row.reason)) + ")";
  if (!row.native_status.empty())
    words += "; the provider's word for it is '" + printable(row.native_status) + "'";
  return words + ".";
}

void tell_the_end(const SessionRow& row, const SessionView* seen, std::vector<std::string>& words) {
  if (row.ending && !is_terminal(row.state)) {
    words.push_back("It is being ended since " + at(row.ending->asked_at) + ": " +
                    std::string(clause_of(row.ending->reason)) + ". It will be " +
                    std::string(to_string(row.ending->state)) + " once the provider confirms.");
  }
  if (!is_terminal(row.state)) return;
  if (row.resolved) {
    words.push_back("No remote is left at the provider; nothing more happens to this session.");
  } else if (seen != nullptr && seen->is_over) {
    words.push_back(
        "What it left at the provider would still be billed: it is cleaned up until the provider "
        "confirms that.");
  } else if (seen != nullptr) {
    words.push_back("The provider has not confirmed yet that its remote is gone; the keeper goes on asking.");
  }
}

std::string start_of(const SessionRow& row, const SessionView& seen) {
  if (!row.start_sent_at) return "The start has not left yet.";
  if (seen.start_may_leave_until) {
    return "A start of the former process, begun at " + at(*row.start_sent_at) + ", may still leave until " +
           at(*seen.start_may_leave_until) +
           "; it is sent again only if the provider does not show its remote after that.";
  }
  return "The start left at " + at(*row.start_sent_at) +
         "; what became of it at the provider is not known yet.";
}

void tell_what_comes(const SessionRow& row, const SessionView& seen, std::vector<std::string>& words) {
  if (seen.call_in_flight) {
    words.push_back("A call to the provider is under way: " + *seen.call_in_flight + ".");
  } else if (seen.next_call_at) {
    words.push_back("The next call to the provider is due at " + at(*seen.next_call_at) + ".");
  }
  if (is_terminal(row.state)) return;
  if (row.state == State::queued && !row.remote_id) words.push_back(start_of(row, seen));
  if (seen.next_heartbeat_at)
    words.push_back("The next heartbeat is due at " + at(*seen.next_heartbeat_at) + ".");
  if (seen.vain_heartbeats > 0) {
    words.push_back(
        "Its last " +
        (seen.vain_heartbeats == 1 ? "heartbeat" : std::to_string(seen.vain_heartbeats) + " heartbeats") +
        " did not count and moved no deadline; it is sent again before that.");
  }
  if (seen.idle_deadline) words.push_back("Without activity it ends at " + at(*seen.idle_deadline) + ".");
  if (seen.rollover_at) words.push_back("A successor takes over from " + at(*seen.rollover_at) + ".");
  if (seen.hard_deadline) words.push_back("Its maximum passes at " + at(*seen.hard_deadline) + ".");
}

void tell_the_plan(const SessionRow& row, const PlanView* plan, std::vector<std::string>& words) {
  if (row.successor) words.push_back("Its successor is session " + row.successor->str() + ".");
  if (plan == nullptr) {
    words.push_back("Its plan is no longer in the configuration.");
    return;
  }
  std::string state = "Its plan wants " + std::to_string(plan->standing.wanted) + " and has " +
                      std::to_string(plan->standing.live) + " active (" +
                      std::string(to_string(plan->standing.condition)) + ")";
  if (plan->standing.next_start) state += "; its next start is at " + at(*plan->standing.next_start);
  if (plan->next_stop) state += "; its next stop is at " + at(*plan->next_stop);
  words.push_back(state + ".");
  if (!plan->standing.blocked_reason.empty())
    words.push_back("Its plan may start nothing now: " + plan->standing.blocked_reason + ".");
}

}  // namespace

std::string_view clause_of(Reason reason) {
  switch (reason) {
    case Reason::scheduled:
      return "its plan wanted it, by its schedule";
    case Reason::started_by_operator:
      return "an operator started it";
    case Reason::restarted:
      return "the attempt before it had ended";
    case Reason::rollover:
      return "it takes over from its predecessor";
    case Reason::start_confirmed:
      return "the provider answered its start";
    case Reason::found:
      return "its start had no clear answer, and it was found at the provider";
    case Reason::webhook_started:
      return "a verified delivery said that it started";
    case Reason::observed:
      return "a read at the provider said so";
    case Reason::start_refused:
      return "the provider refused the start for good";
    case Reason::start_timeout:
      return "it did not become active within its start timeout";
    case Reason::ended_by_provider:
      return "the provider ended it in the ordinary way";
    case Reason::ended_elsewhere:
      return "somebody else ended it";
    case Reason::provider_failed:
      return "the provider says that it failed";
    case Reason::idle_timeout:
      return "its idle timeout passed";
    case Reason::max_duration:
      return "its maximum duration passed";
    case Reason::lost:
      return "the provider no longer knows it, and nobody here asked for that";
    case Reason::stopped_by_plan:
      return "its plan no longer wants it";
    case Reason::stopped_by_operator:
      return "an operator stopped it";
    case Reason::stopped_at_shutdown:
      return "it was stopped when the keeper shut down";
    case Reason::superseded:
      return "its successor is active, or its parameters changed";
    case Reason::orphan:
      return "it was found alive at the provider, ours, and no session stood for it";
  }
  check_failed("a known Reason", __FILE__, __LINE__);
}

void tell_cost(const SessionRow& row, const Price& price, Wall now, std::vector<std::string>& words) {
  const auto life = lifetime(row, now);
  if (!life) return;
  const Spent spent = spent_within(*life, price, {Wall::min(), Wall::max()});
  char cost[64];
  std::snprintf(cost, sizeof cost, "%.2f", cost_of(spent.billed, price));
  std::string text = "It has lived for " + to_text(std::chrono::floor<Seconds>(spent.lived)) +
                     " and cost an estimated " + cost + (price.currency.empty() ? "" : " " + price.currency);
  if (spent.billed > spent.lived) {
    text += spent.billed == price.minimum ? ", since at least " + to_text(price.minimum) + " are billed"
                                          : ", since each begun " + to_text(price.increment) + " is billed";
  }
  words.push_back(text + ".");
}

std::vector<std::string> explain(const SessionRow& row, const SessionView* seen, const PlanView* plan) {
  std::vector<std::string> words{creation_of(row), state_of(row)};
  if (!row.last_error.empty()) words.push_back("Its last error: " + printable(row.last_error, 400));
  tell_the_end(row, seen, words);
  if (seen != nullptr) tell_what_comes(row, *seen, words);
  tell_the_plan(row, plan, words);
  return words;
}

}  // namespace keeper
