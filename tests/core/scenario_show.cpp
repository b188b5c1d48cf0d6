// What `show` prints: how the daemon sees a session, its deadlines, a plan and a provider.
#include <stdexcept>

#include "core/scenario.h"

namespace keeper::scenario {
namespace {

template <class Rows>
const auto& row_of(const Rows& rows, const std::string& name) {
  for (const auto& row : rows) {
    if (row.name.str() == name) return row;
  }
  throw std::runtime_error("there is no " + name);
}

}  // namespace

void Scenario::show(const Words& words) {
  if (words.size() != 3) throw std::runtime_error("show session|deadlines|plan|provider NAME");
  const std::string& what = words[1];
  const std::string& name = words[2];
  if (what == "session" || what == "deadlines") {
    const auto& sessions = process_.keeper().world().sessions;
    const auto session = sessions.find(journal_.session(name));
    if (session == sessions.end()) {
      journal_.line("show", name + " is over and resolved; its row stays in the store");
    } else if (what == "session") {
      show_session(session->second);
    } else {
      show_deadlines(session->second);
    }
  } else if (what == "plan") {
    show_plan(row_of(process_.keeper().view(now_).plans, name));
  } else if (what == "provider") {
    show_provider(row_of(process_.keeper().view(now_).providers, name));
  } else {
    throw std::runtime_error("'" + what + "' cannot be shown");
  }
}

void Scenario::show_session(const Tracked& session) {
  const SessionRow& row = session.row;
  std::string text = journal_.name(row.id) + " of " + row.plan.str() + ": " +
                     std::string(to_string(row.state)) + ", " + std::string(to_string(row.reason));
  text += row.remote_id ? "; remote " + row.remote_id->str() : "; no remote is known";
  if (row.ending)
    text += "; is to end as " + std::string(to_string(row.ending->state)) + ", " +
            std::string(to_string(row.ending->reason));
  if (session.flight) text += "; waits for the answer to " + std::string(to_string(session.flight->kind));
  if (!row.last_error.empty()) text += "; error '" + row.last_error + "'";
  journal_.line("show", text);
}

void Scenario::show_deadlines(const Tracked& session) {
  const auto show = [&](const char* what, const std::optional<Mono>& at) {
    if (at) journal_.remark("show", std::string(what) + " " + journal_.time(*at));
  };
  show("the next call, at the latest:", session.call_at);
  show("a heartbeat is due:          ", session.beat_at);
  show("the idle timeout passes:     ", session.idle_at);
  show("the provider's maximum:      ", session.hard_at);
  show("the plan's max_duration:     ", session.own_hard_at);
  show("a successor is due:          ", session.rollover_at);
  show("start_timeout passes:        ", session.start_by);
  show("stop_timeout passes:         ", session.stop_by);
}

void Scenario::show_plan(const PlanView& plan) {
  std::string text = plan.name.str() + ": " + std::string(to_string(plan.standing.condition)) + ", wants " +
                     std::to_string(plan.standing.wanted) + ", live " + std::to_string(plan.standing.live);
  if (plan.pause)
    text += "; paused" + (plan.pause->until ? " until " + journal_.wall(*plan.pause->until) : "");
  if (plan.standing.next_start) text += "; next start " + journal_.wall(*plan.standing.next_start);
  if (plan.next_stop) text += "; next stop " + journal_.wall(*plan.next_stop);
  if (plan.standing.next_attempt) text += "; next attempt " + journal_.wall(*plan.standing.next_attempt);
  if (!plan.standing.last_error.empty()) text += "; " + plan.standing.last_error;
  journal_.line("show", text);
}

void Scenario::show_provider(const ProviderView& provider) {
  std::string text = provider.name.str() + ": " + std::string(to_string(provider.condition));
  if (provider.starts_from) text += "; starts wait until " + journal_.wall(*provider.starts_from);
  if (!provider.last_error.empty()) text += "; '" + provider.last_error + "'";
  journal_.line("show", text);
}

}  // namespace keeper::scenario
