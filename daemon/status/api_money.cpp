#include <algorithm>
#include <map>

#include "status/http_api.h"
#include "status/json_rows.h"

namespace keeper {
namespace {

constexpr Millis default_span = std::chrono::days{30};

void write_spent(JsonWriter& json, const SpentBy& row, const Price* price) {
  json.begin_object();
  json.field("plan", row.plan.str());
  json.field("provider", row.provider.str());
  json.field("sessions", row.spent.sessions);
  json.field("session_time_ms", row.spent.lived.count());
  json.field("billed_time_ms", row.spent.billed.count());
  json.field("rollover_overlap_ms", row.overlap.count());
  json.field("cost", price ? std::optional<double>(cost_of(row.spent.billed, *price)) : std::nullopt);
  json.text_or_null("currency", price ? price->currency : std::string{});
  json.end_object();
}

// One total for each currency.
void write_totals(JsonWriter& json, const std::vector<SpentBy>& rows, const Config& config) {
  std::map<std::string, double> totals;
  for (const SpentBy& row : rows) {
    if (const Price* price = price_of(config, row.provider))
      totals[price->currency] += cost_of(row.spent.billed, *price);
  }
  json.begin_array("totals");
  for (const auto& [currency, cost] : totals) {
    json.begin_object();
    json.field("cost", cost);
    json.text_or_null("currency", currency);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

ApiAnswer Api::cost(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  const Wall now = wall_now();
  const Wall until = query.time("until").value_or(now);
  const Wall since = query.time("since").value_or(until - default_span);
  if (since >= until) query.complain("'since' must be before 'until'");
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  if (auto elsewhere = at_follower()) return *std::move(elsewhere);
  const auto seen = view();
  const Config& config = seen->config();
  const Prices prices = prices_of(config);
  // What is billed of a session that lives now may end after `until`.
  const auto rows =
      history_->spent({since, until < now ? until : until + billed_beyond_end(prices)}, prices, now);
  if (!rows) return problem(503, rows.error().what);
  JsonWriter json;
  json.begin_object();
  json.field("since", since);
  json.field("until", until);
  json.begin_array("costs");
  for (const SpentBy& row : *rows) write_spent(json, row, price_of(config, row.provider));
  json.end_array();
  write_totals(json, *rows, config);
  json.begin_array("budgets");
  for (const BudgetView& budget : (*seen)->budgets) write(json, budget);
  json.end_array();
  json.field("next", nullptr);
  json.end_object();
  return {.body = json.take()};
}

ApiAnswer Api::notifications(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  MessageQuery wanted;
  wanted.target = query.id<TargetName>("target");
  wanted.before = query.cursor("before");
  wanted.limit = query.limit();
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const auto page = history_->messages(wanted);
  if (!page) return problem(503, page.error().what);
  JsonWriter json;
  json.begin_object();
  json.begin_array("notifications");
  for (const MessageRow& row : page->rows) write(json, row);
  json.end_array();
  json.text_or_null("next", page->next ? std::to_string(*page->next) : std::string{});
  json.end_object();
  return {.body = json.take()};
}

}  // namespace keeper
