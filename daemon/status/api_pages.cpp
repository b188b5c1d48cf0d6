#include "status/explain.h"
#include "status/http_api.h"
#include "status/page/page.h"

namespace keeper {
namespace {

constexpr int recent_max = 30;
constexpr int deliveries_max = 10;
constexpr int ended_max = 2000;

ApiAnswer html_answer(std::string body, int status = 200) {
  ApiAnswer answer{.status = status, .content_type = "text/html; charset=utf-8", .body = std::move(body)};
  answer.headers.emplace_back("Content-Security-Policy", std::string(page_policy()));
  return answer;
}

// A page shows what can be read. Its headline says that the store fails.
template <class Rows>
auto rows_of(Result<Rows> found) {
  if constexpr (requires { found->rows; }) {
    return found ? std::move(found->rows) : decltype(found->rows){};
  } else {
    return found ? std::move(*found) : Rows{};
  }
}

}  // namespace

ApiAnswer Api::page(const ApiRequest&, const Parts&) {
  const auto seen = view();
  const DaemonFacts facts = ports_.facts();
  const Wall now = wall_now();
  StatusPage page{.view = **seen, .facts = facts, .now = now};
  page.recent = rows_of(history_->transitions({.limit = recent_max}));
  page.deliveries = rows_of(history_->deliveries({.limit = deliveries_max}));
  page.ended_from = now - timeline_span;
  page.ended = rows_of(history_->ended_since(page.ended_from, ended_max));
  // Only the newest are read; the timeline then begins where they do.
  if (page.ended.size() == ended_max) page.ended_from = page.ended.back().ended_at.value_or(page.ended_from);
  const auto prices = prices_of(seen->config());
  if (!prices.empty()) page.spent = rows_of(history_->spent({now - timeline_span, now}, prices, now));
  return html_answer(to_html(page));
}

ApiAnswer Api::session_page(const ApiRequest&, const Parts& parts) {
  const auto row = session_row(parts.at(0));
  if (!row) return problem(row.error().kind == ErrorKind::gone ? 404 : 503, row.error().what);
  const auto seen = view();
  const Wall now = wall_now();
  SessionPage page{.row = *row, .seen = seen->session(row->id), .config = (*seen)->config.get(), .now = now};
  page.explanation = explanation_of(*row, *seen, now);
  page.transitions = rows_of(history_->transitions({.session = row->id}));
  page.deliveries = rows_of(history_->deliveries({.session = row->id}));
  return html_answer(to_html(page));
}

}  // namespace keeper
