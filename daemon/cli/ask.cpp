#include "cli/ask.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <sstream>
#include <thread>

#include "base/text.h"
#include "cli/render.h"

namespace keeper {
namespace {

using Json = nlohmann::json;

constexpr std::size_t id_digits = 32;
constexpr int watched_sessions_max = 20;

int ask_failed(const Terminal& terminal, const Error& error) {
  terminal.err << "session-keeper: " << error.what << "\n";
  return 1;
}

Result<Json> get_json(const Client& client, const std::string& path, const QueryParameters& query = {}) {
  const Result<std::string> body = client.get(path, query);
  return body ? parse_answer(*body) : Result<Json>(body.error());
}

// Gets one answer and prints it: as it is, or by `show`.
template <class Show>
int show_answer(const Asking& asking, const std::string& path, const QueryParameters& query,
                const Terminal& terminal, Show&& show) {
  const Result<std::string> body = asking.client.get(path, query);
  if (!body) return ask_failed(terminal, body.error());
  if (asking.json) return terminal.out << *body << "\n", 0;
  const Result<Json> json = parse_answer(*body);
  if (!json) return ask_failed(terminal, json.error());
  show(*json);
  return 0;
}

void add(QueryParameters& query, const char* name, const std::string& value) {
  if (!value.empty()) query.emplace_back(name, value);
}

// What follows `after_seq`, until the daemon ends the stream.
int follow(const Asking& asking, std::int64_t after_seq, const ListRequest& list, const Terminal& terminal) {
  const Status ended = asking.client.follow("/api/v1/events", after_seq, [&](std::string_view line) {
    const Json transition = Json::parse(line, nullptr, false);
    if (!transition.is_object()) return true;
    const bool wanted =
        (list.session.empty() || transition.value("session_id", std::string{}) == list.session) &&
        (list.plan.empty() || transition.value("plan", std::string{}) == list.plan);
    if (wanted && asking.json) terminal.out << line << std::endl;
    if (wanted && !asking.json) terminal.out << transition_line(transition, terminal.colour) << std::endl;
    return terminal.out.good();
  });
  return ended ? 0 : ask_failed(terminal, ended.error());
}

}  // namespace

Result<std::string> whole_id(const Client& client, const std::string& begin) {
  if (begin.empty() || begin.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return Error{ErrorKind::gone,
                 "'" + printable(begin) + "' is no session's id: those are 32 of the digits 0-9a-f"};
  }
  if (begin.size() >= id_digits) return begin;
  std::optional<std::string> found;
  QueryParameters query{{"limit", "1000"}};
  while (true) {
    const Result<Json> page = get_json(client, "/api/v1/sessions", query);
    if (!page) return page.error();
    for (const Json& session : page->value("sessions", Json::array())) {
      const std::string id = session.value("id", std::string{});
      if (id.rfind(begin, 0) != 0) continue;
      if (found)
        return Error{ErrorKind::malformed, "more than one session's id begins with " + printable(begin)};
      found = id;
    }
    const Json next = page->value("next", Json());
    if (!next.is_string()) break;
    query = {{"limit", "1000"}, {"before", next.get<std::string>()}};
  }
  if (!found) return Error{ErrorKind::gone, "there is no session whose id begins with " + printable(begin)};
  return *found;
}

int ask_status(const Asking& asking, const Terminal& terminal) {
  const Result<std::string> body = asking.client.get("/api/v1/status");
  if (!body) {
    ask_failed(terminal, body.error());
    return body.error().kind == ErrorKind::not_applied ? exit_not_running : 1;
  }
  const Result<Json> status = parse_answer(*body);
  if (!status) return ask_failed(terminal, status.error());
  if (asking.json) {
    terminal.out << *body << "\n";
  } else {
    show_status(*status, terminal);
  }
  return as_wanted(*status) ? 0 : 1;
}

int watch_status(const Asking& asking, const Terminal& terminal) {
  constexpr std::chrono::seconds pause{2};
  constexpr const char* clear_screen = "\x1b[H\x1b[2J";
  ListRequest live;
  live.state = "active";
  live.limit = watched_sessions_max;
  while (terminal.out.good()) {
    std::ostringstream text;
    const Terminal screen{text, text, terminal.columns, terminal.colour, {}};
    ask_status(asking, screen);
    text << "\n";
    ask_sessions(asking, live, screen);
    terminal.out << (terminal.screen ? clear_screen : "") << text.str() << std::flush;
    std::this_thread::sleep_for(pause);
  }
  return 0;
}

int ask_plans(const Asking& asking, const Terminal& terminal) {
  return show_answer(asking, "/api/v1/plans", {{"limit", "1000"}}, terminal,
                     [&](const Json& json) { show_plans(json, terminal); });
}

int ask_sessions(const Asking& asking, const ListRequest& list, const Terminal& terminal) {
  QueryParameters query{{"limit", std::to_string(list.limit)}};
  add(query, "plan", list.plan);
  add(query, "provider", list.provider);
  add(query, "state", list.state);
  return show_answer(asking, "/api/v1/sessions", query, terminal,
                     [&](const Json& json) { show_sessions(json, terminal); });
}

int ask_session(const Asking& asking, const std::string& id, const Terminal& terminal) {
  const Result<std::string> whole = whole_id(asking.client, id);
  if (!whole) return ask_failed(terminal, whole.error());
  const Result<Json> transitions = get_json(asking.client, "/api/v1/sessions/" + *whole + "/transitions");
  if (!transitions) return ask_failed(terminal, transitions.error());
  return show_answer(asking, "/api/v1/sessions/" + *whole, {}, terminal,
                     [&](const Json& json) { show_session(json, *transitions, terminal); });
}

int ask_history(const Asking& asking, const ListRequest& list, const Terminal& terminal) {
  ListRequest wanted = list;
  if (!list.session.empty()) {
    const Result<std::string> whole = whole_id(asking.client, list.session);
    if (!whole) return ask_failed(terminal, whole.error());
    wanted.session = *whole;
  }
  QueryParameters query{{"limit", std::to_string(list.limit)}};
  add(query, "session", wanted.session);
  add(query, "plan", list.plan);
  if (!list.follow) {
    return show_answer(asking, "/api/v1/transitions", query, terminal,
                       [&](const Json& json) { show_transitions(json, terminal); });
  }
  // Asked before the page: where that is empty, nothing up to this seq is wanted.
  const Result<Json> status = get_json(asking.client, "/api/v1/status");
  if (!status) return ask_failed(terminal, status.error());
  const Result<Json> page = get_json(asking.client, "/api/v1/transitions", query);
  if (!page) return ask_failed(terminal, page.error());
  std::int64_t last_seq = 0;
  const Json rows = page->value("transitions", Json::array());
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    terminal.out << (asking.json ? row->dump() : transition_line(*row, terminal.colour)) << std::endl;
    last_seq = std::max(last_seq, row->value("seq", std::int64_t{0}));
  }
  if (!terminal.out) return 1;
  if (rows.empty()) last_seq = status->value("store", Json::object()).value("last_seq", std::int64_t{0});
  return follow(asking, last_seq, wanted, terminal);
}

int ask_cost(const Asking& asking, const CostRequest& request, const Terminal& terminal) {
  QueryParameters query;
  add(query, "since", request.since);
  add(query, "until", request.until);
  return show_answer(asking, "/api/v1/cost", query, terminal,
                     [&](const Json& json) { show_cost(json, terminal); });
}

int ask_notifications(const Asking& asking, const ListRequest& list, const Terminal& terminal) {
  const QueryParameters query{{"limit", std::to_string(list.limit)}};
  return show_answer(asking, "/api/v1/notifications", query, terminal,
                     [&](const Json& json) { show_notifications(json, terminal); });
}

int ask_missed(const Asking& asking, const ListRequest& list, const Terminal& terminal) {
  const QueryParameters query{{"limit", std::to_string(list.limit)}};
  return show_answer(asking, "/api/v1/plans/" + encode_percent(list.plan) + "/missed", query, terminal,
                     [&](const Json& json) { show_missed(json, terminal); });
}

int ask_deliveries(const Asking& asking, const ListRequest& list, const Terminal& terminal) {
  QueryParameters query{{"limit", std::to_string(list.limit)}};
  add(query, "provider", list.provider);
  add(query, "disposition", list.state);
  return show_answer(asking, "/api/v1/deliveries", query, terminal,
                     [&](const Json& json) { show_deliveries(json, terminal); });
}

int ask_explain(const Asking& asking, const std::string& id, const Terminal& terminal) {
  const Result<std::string> whole = whole_id(asking.client, id);
  if (!whole) return ask_failed(terminal, whole.error());
  return show_answer(asking, "/api/v1/sessions/" + *whole + "/explain", {}, terminal,
                     [&](const Json& json) { show_explanation(json, terminal); });
}

int ask_providers(const Asking& asking, const Terminal& terminal) {
  return show_answer(asking, "/api/v1/status", {}, terminal,
                     [&](const Json& json) { show_providers(json, terminal); });
}

int ask_orphans(const Asking& asking, const Terminal& terminal) {
  return show_answer(asking, "/api/v1/orphans", {}, terminal,
                     [&](const Json& json) { show_orphans(json, terminal); });
}

}  // namespace keeper
