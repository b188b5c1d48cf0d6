#include "status/explain.h"
#include "status/http_api.h"
#include "status/json_rows.h"
#include "status/told_leader.h"

namespace keeper {
namespace {

ApiAnswer answer_failure(const Error& error) {
  return problem(error.kind == ErrorKind::gone ? 404 : 503, error.what);
}

void end_list(JsonWriter& json, const std::optional<std::int64_t>& next) {
  json.end_array();
  json.text_or_null("next", next ? std::to_string(*next) : std::string{});
  json.end_object();
}

}  // namespace

std::vector<std::string> Api::explanation_of(const SessionRow& row, const ViewIndex& seen, Wall now) {
  if (const DaemonFacts facts = ports_.facts(); follows(facts)) {
    std::vector<std::string> words = explain_row(row);
    words.push_back("What comes next only the leader knows: " + told_follower(*facts.cluster) + ".");
    return words;
  }
  std::vector<std::string> words = explain(row, seen.session(row.id), seen.plan(row.plan.str()));
  if (const Price* price = price_of(seen.config(), row.provider)) tell_cost(row, *price, now, words);
  return words;
}

Result<SessionRow> Api::session_row(const std::string& id) {
  auto found = history_->session(SessionId(id));
  if (!found) return found.error();
  if (!*found) return Error{ErrorKind::gone, "there is no session with this id"};
  return std::move(**found);
}

ApiAnswer Api::sessions(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  SessionQuery wanted;
  wanted.plan = query.id<PlanName>("plan");
  wanted.provider = query.id<ProviderName>("provider");
  wanted.state = query.state("state");
  wanted.before = query.cursor("before");
  wanted.limit = query.limit();
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const auto page = history_->sessions(wanted);
  if (!page) return answer_failure(page.error());
  const auto seen = view();
  JsonWriter json;
  json.begin_object();
  json.begin_array("sessions");
  const Wall now = wall_now();
  for (const SessionRow& row : page->rows) {
    write(json, row, seen->session(row.id), price_of(seen->config(), row.provider), now);
  }
  json.end_array();
  json.text_or_null("next", page->next ? std::to_string(*page->next) : std::string{});
  write_cluster(json, ports_.facts());
  json.end_object();
  return {.body = json.take()};
}

ApiAnswer Api::session(const ApiRequest& request, const Parts& parts) {
  QueryReader query(request.parameters);
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const auto row = session_row(parts.at(0));
  if (!row) return answer_failure(row.error());
  JsonWriter json;
  const auto seen = view();
  json.begin_object();
  write_members(json, *row, seen->session(row->id), price_of(seen->config(), row->provider), wall_now());
  write_cluster(json, ports_.facts());
  json.end_object();
  return {.body = json.take()};
}

ApiAnswer Api::session_transitions(const ApiRequest& request, const Parts& parts) {
  QueryReader query(request.parameters);
  TransitionQuery wanted;
  wanted.before = query.cursor("before");
  wanted.after_seq = query.cursor("after_seq");
  wanted.limit = query.limit();
  if (wanted.before && wanted.after_seq) query.complain("give 'before' or 'after_seq', not both");
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const auto row = session_row(parts.at(0));
  if (!row) return answer_failure(row.error());
  wanted.session = row->id;
  return transition_page(wanted);
}

ApiAnswer Api::transitions(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  TransitionQuery wanted;
  wanted.session = query.id<SessionId>("session");
  wanted.plan = query.id<PlanName>("plan");
  wanted.since = query.time("since");
  wanted.after_seq = query.cursor("after_seq");
  wanted.before = query.cursor("before");
  wanted.limit = query.limit();
  if (wanted.before && wanted.after_seq) query.complain("give 'before' or 'after_seq', not both");
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  return transition_page(wanted);
}

ApiAnswer Api::transition_page(const TransitionQuery& query) {
  const auto page = history_->transitions(query);
  if (!page) return answer_failure(page.error());
  JsonWriter json;
  json.begin_object();
  json.begin_array("transitions");
  for (const TransitionRow& row : page->rows) write(json, row);
  end_list(json, page->next);
  return {.body = json.take()};
}

ApiAnswer Api::deliveries(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  DeliveryQuery wanted;
  wanted.provider = query.id<ProviderName>("provider");
  wanted.disposition = query.disposition("disposition");
  wanted.session = query.id<SessionId>("session");
  wanted.before = query.cursor("before");
  wanted.limit = query.limit();
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const auto page = history_->deliveries(wanted);
  if (!page) return answer_failure(page.error());
  JsonWriter json;
  json.begin_object();
  json.begin_array("deliveries");
  for (const DeliveryRow& row : page->rows) write(json, row);
  end_list(json, page->next);
  return {.body = json.take()};
}

ApiAnswer Api::plan_missed(const ApiRequest& request, const Parts& parts) {
  QueryReader query(request.parameters);
  MissedQuery wanted;
  wanted.plan = PlanName(parts.at(0));
  wanted.before = query.cursor("before");
  wanted.limit = query.limit();
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  // A follower does not know the plans; what they missed is in the database.
  if (!view()->plan(parts.at(0)) && !follows(ports_.facts()))
    return problem(404, "there is no plan of this name");
  const auto page = history_->missed(wanted);
  if (!page) return answer_failure(page.error());
  JsonWriter json;
  json.begin_object();
  json.begin_array("missed");
  for (const MissedRow& row : page->rows) write(json, row);
  end_list(json, page->next);
  return {.body = json.take()};
}

// The raw body, as it was signed. It is JSON, because only verified JSON is ever recorded.
ApiAnswer Api::delivery(const ApiRequest& request, const Parts& parts) {
  QueryReader query(request.parameters);
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const auto id = parse_number(parts.at(0));
  if (!id) return problem(404, "there is no delivery with this id");
  auto found = history_->delivery(*id);
  if (!found) return answer_failure(found.error());
  if (!*found) return problem(404, "there is no delivery with this id");
  return {.body = std::move((*found)->body)};
}

ApiAnswer Api::session_explain(const ApiRequest& request, const Parts& parts) {
  QueryReader query(request.parameters);
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const auto row = session_row(parts.at(0));
  if (!row) return answer_failure(row.error());
  const auto seen = view();
  const std::vector<std::string> words = explanation_of(*row, *seen, wall_now());
  JsonWriter json;
  json.begin_object();
  json.field("session_id", row->id.str());
  json.field("state", to_string(row->state));
  json.begin_array("explanation");
  for (const std::string& sentence : words) json.value(sentence);
  json.end_array();
  json.end_object();
  return {.body = json.take()};
}

}  // namespace keeper
