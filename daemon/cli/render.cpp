#include "cli/render.h"

#include <algorithm>
#include <ostream>
#include <vector>

#include "base/text.h"
#include "cli/nodes.h"
#include "cli/table.h"

namespace keeper {
namespace {

using Json = nlohmann::json;

// Enough of a session's id to tell it from others, and accepted in its place.
constexpr std::size_t short_id = 12;
constexpr std::size_t text_max = 300;

const Json& member(const Json& object, const char* name) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

std::string text(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (value.is_null()) return {};
  return printable(value.is_string() ? value.get_ref<const std::string&>() : value.dump(), text_max);
}

const Json& list(const Json& object, const char* name) {
  static const Json none = Json::array();
  const Json& value = member(object, name);
  return value.is_array() ? value : none;
}

// "2026-11-21T09:00:00.000Z" as "2026-11-21 09:00:00Z", or cut to the minute.
std::string moment(const Json& object, const char* name, bool seconds = true) {
  const std::string stamp = text(object, name);
  if (stamp.size() < 19 || stamp[10] != 'T') return stamp;
  return stamp.substr(0, 10) + " " + stamp.substr(11, seconds ? 8 : 5) + "Z";
}

std::string id_of(const Json& object, const char* name) { return text(object, name).substr(0, short_id); }

std::string change_of(const Json& transition) {
  const std::string from = text(transition, "from");
  return (from.empty() ? "" : from + " ") + "-> " + text(transition, "to");
}

std::string padded(std::string text, std::size_t width) {
  text = cut(text, width);
  text.append(width - width_of(text), ' ');
  return text;
}

void fact(const Terminal& terminal, const std::string& name, const std::string& value) {
  if (value.empty()) return;
  terminal.out << padded(name, 14) << "  " << coloured(value, terminal.colour) << "\n";
}

void show_trouble(const Json& items, const Terminal& terminal) {
  for (const Json& item : items) {
    const std::string blocked = text(item, "blocked_reason");
    const std::string error = blocked.empty() ? text(item, "last_error") : blocked;
    const std::string next = moment(item, blocked.empty() ? "next_attempt" : "blocked_until");
    if (error.empty()) continue;
    terminal.out << text(item, "name") << ": " << error << (next.empty() ? "" : "; next try " + next) << "\n";
  }
}

void show_plan_table(const Json& plans, const Terminal& terminal) {
  Table table({"PLAN~", "PROVIDER~", "WANTED", "LIVE", "STATE", "NEXT START", "NEXT STOP"});
  for (const Json& plan : plans) {
    table.row({text(plan, "name"), text(plan, "provider"), text(plan, "wanted"), text(plan, "live"),
               text(plan, "state"), moment(plan, "next_start", false), moment(plan, "next_stop", false)});
  }
  if (table.empty()) {
    terminal.out << "no plans\n";
  } else {
    table.print(terminal.out, terminal.columns, terminal.colour);
  }
  show_trouble(plans, terminal);
  for (const Json& plan : plans) {
    const Json& pause = member(plan, "pause");
    if (!pause.is_object()) continue;
    const std::string until = moment(pause, "until");
    const std::string reason = text(pause, "reason");
    terminal.out << text(plan, "name") << ": paused since " << moment(pause, "since")
                 << (until.empty() ? "" : " until " + until) << (reason.empty() ? "" : ": " + reason) << "\n";
  }
}

// Who could not be told. False: there is nothing to say.
bool show_untold(const Json& status, const Terminal& terminal) {
  bool said = false;
  for (const Json& target : list(status, "notifications")) {
    if (member(target, "healthy") != Json(false)) continue;
    said = true;
    terminal.out << "notifications to " << text(target, "name") << " fail since "
                 << moment(target, "failing_since") << ": " << text(target, "last_error") << "; "
                 << text(target, "waiting") << " not delivered";
    const std::string next = moment(target, "next_attempt");
    terminal.out << (next.empty() ? "" : "; next try " + next) << "\n";
  }
  const Json& monitor = member(status, "dead_mans_switch");
  if (member(monitor, "healthy") != Json(false)) return said;
  terminal.out << "the monitor of the dead man's switch was not reached since "
               << moment(monitor, "failing_since") << ": " << text(monitor, "last_error") << "\n";
  return true;
}

}  // namespace

bool as_wanted(const Json& status) {
  if (member(status, "ready") != Json(true)) return false;
  const Json& plans = list(status, "plans");
  return std::none_of(plans.begin(), plans.end(), [](const Json& plan) {
    const std::string state = text(plan, "state");
    return state == "degraded" || state == "blocked";
  });
}

void show_status(const Json& status, const Terminal& terminal) {
  if (const std::string elsewhere = told_follower(status); !elsewhere.empty()) {
    terminal.out << elsewhere << "\n";
    return;
  }
  const Json& config = member(status, "config");
  const Json& sessions = member(status, "sessions");
  const bool ready = member(status, "ready") == Json(true);
  const Json& plans = list(status, "plans");
  const bool all_paused = !plans.empty() && std::all_of(plans.begin(), plans.end(), [](const Json& plan) {
    return text(plan, "state") == "paused";
  });
  if (all_paused)
    terminal.out << (plans.size() == 1 ? "the plan is paused" : "all plans are paused")
                 << ": nothing begins until " << (plans.size() == 1 ? "it is" : "they are") << " resumed\n";
  terminal.out << "session-keeper " << text(status, "version") << ", " << (ready ? "ready" : "not ready")
               << ", since " << moment(status, "started_at") << "\n";
  terminal.out << "configuration " << text(config, "path") << ", loaded " << moment(config, "loaded_at")
               << "\n";
  if (const std::string error = text(config, "last_reload_error"); !error.empty()) {
    terminal.out << "the last reload failed: " << error << "\n";
  }
  terminal.out << "sessions: " << text(sessions, "active") << " active, " << text(sessions, "queued")
               << " queued, " << text(sessions, "closed") << " closed, " << text(sessions, "error")
               << " error, " << text(sessions, "timed_out") << " timed_out\n";
  if (const std::string waiting = text(status, "cleanups_waiting"); !waiting.empty() && waiting != "0")
    terminal.out << "cleanups: " << waiting << " waiting; what ended there may still be billed\n";
  terminal.out << "\n";
  const bool untold = show_untold(status, terminal);
  for (const Json& alert : list(status, "alerts")) {
    terminal.out << text(alert, "event") << " since " << moment(alert, "since") << ": " << text(alert, "text")
                 << "\n";
  }
  if (untold || !list(status, "alerts").empty()) terminal.out << "\n";
  show_plan_table(list(status, "plans"), terminal);
  if (list(status, "providers").empty()) return;
  terminal.out << "\n";
  show_providers(status, terminal);
}

void show_providers(const Json& status, const Terminal& terminal) {
  if (const std::string elsewhere = told_follower(status); !elsewhere.empty()) {
    terminal.out << elsewhere << "\n";
    return;
  }
  const Json& providers = list(status, "providers");
  Table table({"PROVIDER~", "TYPE", "STATE", "STARTS FROM", "RATE LIMIT"});
  for (const Json& provider : providers) {
    table.row({text(provider, "name"), text(provider, "type"), text(provider, "state"),
               moment(provider, "starts_from"), text(provider, "rate_limit")});
  }
  table.print(terminal.out, terminal.columns, terminal.colour);
  show_trouble(providers, terminal);
}

void show_orphans(const Json& orphans, const Terminal& terminal) {
  Table table({"PROVIDER~", "REMOTE~", "STATE", "SESSION", "CREATED"});
  for (const Json& orphan : list(orphans, "orphans")) {
    table.row({text(orphan, "provider"), text(orphan, "remote_id"), text(orphan, "state"),
               id_of(orphan, "session_id"), moment(orphan, "created_at")});
  }
  if (table.empty()) {
    terminal.out << "no orphans and no strangers\n";
  } else {
    table.print(terminal.out, terminal.columns, terminal.colour);
  }
  for (const Json& sweep : list(orphans, "sweeps")) {
    const std::string place = text(sweep, "place");
    const std::string error = text(sweep, "last_error");
    const std::string listed = moment(sweep, "listed_at");
    terminal.out << text(sweep, "provider") << (place.empty() ? "" : " " + place) << ": "
                 << (listed.empty() ? "not listed yet" : "listed " + listed)
                 << (error.empty() ? "" : "; the last list failed: " + error) << "\n";
  }
}

void show_plans(const Json& plans, const Terminal& terminal) {
  show_plan_table(list(plans, "plans"), terminal);
}

void show_sessions(const Json& sessions, const Terminal& terminal) {
  Table table({"SESSION", "PLAN~", "STATE", "REASON~", "CREATED"});
  for (const Json& session : list(sessions, "sessions")) {
    table.row({id_of(session, "id"), text(session, "plan"), text(session, "state"), text(session, "reason"),
               moment(session, "created_at")});
  }
  if (table.empty()) {
    terminal.out << "no sessions\n";
    return;
  }
  table.print(terminal.out, terminal.columns, terminal.colour);
}

void show_session(const Json& session, const Json& transitions, const Terminal& terminal) {
  for (const char* name : {"id", "plan", "provider", "remote_id", "state", "reason", "native_status"}) {
    fact(terminal, name, text(session, name));
  }
  fact(terminal, "attempt", text(session, "attempt"));
  for (const char* name : {"occurrence", "created_at", "active_at", "ended_at", "idle_deadline",
                           "hard_deadline", "next_heartbeat", "rollover_at"}) {
    fact(terminal, name,
         moment(session, std::string_view(name) == "next_heartbeat" ? "next_heartbeat_at" : name));
  }
  for (const char* name : {"predecessor", "successor", "last_error"})
    fact(terminal, name, text(session, name));
  if (const Json& cleanup = member(session, "cleanup"); cleanup.is_object()) {
    const std::string next = moment(cleanup, "next_try");
    fact(terminal, "cleanup", "waits: " + (next.empty() ? "a try is under way" : "tried at " + next));
  }
  if (const std::string elsewhere = told_follower(session); !elsewhere.empty())
    terminal.out << "its deadlines only the leader knows: " << elsewhere << "\n";
  terminal.out << "\n";
  show_transitions(transitions, terminal);
}

void show_transitions(const Json& transitions, const Terminal& terminal) {
  const Json& rows = list(transitions, "transitions");
  Table table({"AT", "PLAN~", "SESSION", "CHANGE", "REASON~"});
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    table.row({moment(*row, "at"), text(*row, "plan"), id_of(*row, "session_id"), change_of(*row),
               text(*row, "reason")});
  }
  if (table.empty()) {
    terminal.out << "no transitions\n";
    return;
  }
  table.print(terminal.out, terminal.columns, terminal.colour);
}

void show_missed(const Json& missed, const Terminal& terminal) {
  Table table({"OCCURRENCE", "WHY", "RECORDED"});
  for (const Json& row : list(missed, "missed")) {
    table.row({moment(row, "occurrence"), text(row, "why"), moment(row, "recorded_at")});
  }
  if (table.empty()) {
    terminal.out << "nothing was missed\n";
    return;
  }
  table.print(terminal.out, terminal.columns, terminal.colour);
}

void show_notifications(const Json& messages, const Terminal& terminal) {
  Table table({"CREATED", "TARGET~", "STATE", "TRIES", "EVENT", "SUBJECT~"});
  for (const Json& message : list(messages, "notifications")) {
    for (const Json& notice : list(message, "notices")) {
      table.row({moment(message, "created_at"), text(message, "target"), text(message, "state"),
                 text(message, "attempts"), text(notice, "event"), text(notice, "subject")});
    }
  }
  if (table.empty()) {
    terminal.out << "no notifications\n";
    return;
  }
  table.print(terminal.out, terminal.columns, terminal.colour);
}

void show_deliveries(const Json& deliveries, const Terminal& terminal) {
  Table table({"ID", "RECEIVED", "PROVIDER~", "TYPE~", "SESSION", "DISPOSITION"});
  for (const Json& delivery : list(deliveries, "deliveries")) {
    table.row({text(delivery, "id"), moment(delivery, "received_at"), text(delivery, "provider"),
               text(delivery, "type"), id_of(delivery, "session_id"), text(delivery, "disposition")});
  }
  if (table.empty()) {
    terminal.out << "no deliveries\n";
    return;
  }
  table.print(terminal.out, terminal.columns, terminal.colour);
}

void show_explanation(const Json& explanation, const Terminal& terminal) {
  for (const Json& sentence : list(explanation, "explanation")) {
    if (sentence.is_string())
      terminal.out << printable(sentence.get_ref<const std::string&>(), text_max) << "\n";
  }
}

std::string transition_line(const Json& transition, bool colour) {
  const std::string stamp = text(transition, "at");
  const std::string time = stamp.size() < 19 ? stamp : stamp.substr(11, 8) + "Z";
  const std::string from = text(transition, "from");
  const std::string to = text(transition, "to");
  const std::string arrow = (from.empty() ? "" : from + " ") + "-> ";
  const std::size_t used = arrow.size() + to.size();
  constexpr std::size_t change_width = 19;  // "active -> timed_out"
  return padded(time, 9) + "  " + padded(text(transition, "plan"), 16) + "  " +
         padded(id_of(transition, "session_id"), short_id) + "  " + arrow + coloured(to, colour) +
         std::string(used < change_width ? change_width - used : 0, ' ') + "  " + text(transition, "reason");
}

}  // namespace keeper
