#include "base/text.h"
#include "status/http_api.h"
#include "status/json_rows.h"

namespace keeper {

ApiAnswer Api::orphans(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  if (auto elsewhere = at_follower()) return *std::move(elsewhere);
  const auto seen = view();
  const View& view = **seen;
  JsonWriter json;
  json.begin_object();
  json.begin_array("orphans");
  for (const OrphanView& orphan : view.orphans) write(json, orphan);
  json.end_array();
  json.begin_array("sweeps");
  for (const SweepView& sweep : view.sweeps) write(json, sweep);
  json.end_array();
  json.field("next", nullptr);
  json.end_object();
  return {.body = json.take()};
}

ApiAnswer Api::operate(OperatorAsked asked) {
  if (auto elsewhere = at_follower()) return *std::move(elsewhere);
  const bool of_session = asked.order == Order::stop_session;
  const Result<Ack> ack = ports_.operate(std::move(asked));
  if (!ack) return problem(503, ack.error().what);
  switch (*ack) {
    case Ack::accepted:
      return {.status = 202, .body = R"({"status":"accepted"})"};
    case Ack::unknown:
      return problem(404,
                     of_session ? "no session with this id is unfinished" : "there is no plan of this name");
    case Ack::refused:
      return problem(
          409, of_session
                   ? "the session has ended already, or the keeper is shutting down"
                   : "the plan's session is alive, its budget is used up, or the keeper is shutting down");
    case Ack::recorded:
    case Ack::duplicate:
    case Ack::held:
    case Ack::ignored:
    case Ack::loaded:
      break;
  }
  return problem(500,
                 "the daemon's answer to the order is not one of an order: this is a bug, please report it");
}

ApiAnswer Api::plan_order(Order order, const ApiRequest& request, const Parts& parts) {
  QueryReader query(request.parameters);
  OperatorAsked asked;
  asked.order = order;
  asked.plan = PlanName(parts.at(0));
  if (order == Order::pause) {
    asked.until = query.time("until");
    if (request.parameters.contains("until") && !asked.until) query.complain("'until' must not be empty");
    if (asked.until && *asked.until <= wall_now())
      query.complain("'until' is " + to_rfc3339(*asked.until) + ", which is in the past");
    asked.reason = printable(query.text("reason").value_or(""), 200);
  }
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  return operate(std::move(asked));
}

ApiAnswer Api::plan_start(const ApiRequest& request, const Parts& parts) {
  return plan_order(Order::start, request, parts);
}

ApiAnswer Api::plan_stop(const ApiRequest& request, const Parts& parts) {
  return plan_order(Order::stop_plan, request, parts);
}

ApiAnswer Api::plan_pause(const ApiRequest& request, const Parts& parts) {
  return plan_order(Order::pause, request, parts);
}

ApiAnswer Api::plan_resume(const ApiRequest& request, const Parts& parts) {
  return plan_order(Order::resume, request, parts);
}

ApiAnswer Api::session_stop(const ApiRequest& request, const Parts& parts) {
  QueryReader query(request.parameters);
  OperatorAsked asked;
  asked.order = Order::stop_session;
  asked.session = SessionId(parts.at(0));
  const auto cancel = query.text("cancel");
  if (cancel && *cancel != "true" && *cancel != "false") query.complain("'cancel' must be true or false");
  asked.cancel = cancel == "true";
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const auto row = session_row(parts.at(0));
  if (!row) return problem(row.error().kind == ErrorKind::gone ? 404 : 503, row.error().what);
  if (is_terminal(row->state)) return problem(409, "the session has ended already");
  return operate(std::move(asked));
}

ApiAnswer Api::stop_all(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  OperatorAsked asked;
  asked.order = Order::stop_all;
  return operate(std::move(asked));
}

// One at a time, because each takes as much disk space as the store itself.
ApiAnswer Api::backup(const ApiRequest& request, const Parts&) {
  constexpr const char* type = "application/vnd.sqlite3";
  if (request.method == "HEAD") return {.content_type = type};
  if (backing_up_->exchange(true)) {
    ApiAnswer busy = problem(503, "another backup is under way");
    busy.headers.emplace_back("Retry-After", "10");
    return busy;
  }
  const auto ended = [busy = backing_up_](const void*) { busy->store(false); };
  std::shared_ptr<const void> busy_until_sent(nullptr, ended);
  auto copy = history_->backup();
  if (!copy) return problem(503, copy.error().what);
  struct Transfer {
    std::shared_ptr<const void> busy_until_sent;
    std::shared_ptr<const BackupCopy> copy;
  };
  const auto transfer = std::make_shared<Transfer>(Transfer{std::move(busy_until_sent), std::move(*copy)});
  ApiAnswer answer{.content_type = type};
  answer.file = {transfer, transfer->copy.get()};
  answer.headers.emplace_back("Content-Disposition", "attachment; filename=\"session-keeper.db\"");
  return answer;
}

}  // namespace keeper
