#include "status/page/page.h"
#include "status/page/page_tables.h"

namespace keeper {
namespace {

void write_facts(Html& html, const SessionPage& page) {
  const SessionRow& row = page.row;
  const auto fact = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) html.raw("<dt>").text(name).raw("</dt><dd>").text(value).raw("</dd>");
  };
  const auto moment = [&](std::string_view name, const std::optional<Wall>& time) {
    if (time) html.raw("<dt>").text(name).raw("</dt><dd>").time(time).raw("</dd>");
  };
  const auto other = [&](std::string_view name, const std::optional<SessionId>& id) {
    if (id) html.raw("<dt>").text(name).raw("</dt><dd>").session_link(*id).raw("</dd>");
  };
  html.raw("<section aria-label=\"Facts\"><div class=\"card\"><dl>");
  fact("Plan", row.plan.str());
  fact("Provider", row.provider.str());
  fact("Remote", row.remote_id ? row.remote_id->str() : std::string{});
  fact("The provider's own word", row.native_status);
  fact("Attempt", std::to_string(row.attempt) + " of replica " + std::to_string(row.replica));
  moment("Created", row.created_at);
  moment("Active", row.active_at);
  moment("Ended", row.ended_at);
  if (page.seen != nullptr) {
    moment("Next call", page.seen->next_call_at);
    moment("Next heartbeat", page.seen->next_heartbeat_at);
    moment("Idle deadline", page.seen->idle_deadline);
    moment("Rollover", page.seen->rollover_at);
    moment("Hard deadline", page.seen->hard_deadline);
    fact("Under way", page.seen->call_in_flight.value_or(""));
  }
  other("Predecessor", row.predecessor);
  other("Successor", row.successor);
  fact("Last error", row.last_error);
  html.raw("</dl></div></section>\n");
}

}  // namespace

std::string to_html(const SessionPage& page) {
  const SessionRow& row = page.row;
  const std::string_view mood = mood_of(row.state, row.reason, row.plan, page.config);
  Html html(page.now);
  html.raw("<header><p class=\"kicker\"><a href=\"/\">session-keeper</a> · session <code>")
      .text(row.id.str());
  html.raw("</code></p>\n<h1>").state(mood, row.ending ? "ending" : spaced(to_string(row.state)));
  html.raw(" <span class=\"soft\">").text(spaced(to_string(row.reason))).raw("</span></h1>");
  if (!is_terminal(row.state)) {
    html.raw("<span class=\"actions\" data-session=\"").text(row.id.str()).raw("\"></span>");
  }
  html.raw("</header>\n<section aria-labelledby=\"why\"><h2 id=\"why\">Why, and what comes next</h2>\n");
  for (const std::string& sentence : page.explanation) html.raw("<p>").text(sentence).raw("</p>\n");
  html.raw("</section>\n");
  write_facts(html, page);
  write_transitions(html, "Transitions", page.transitions, page.config);
  write_deliveries(html, "Deliveries", page.deliveries);
  return html.document("Session " + row.id.str().substr(0, 8) + " " + spaced(to_string(row.state)), mood);
}

}  // namespace keeper
