#include "status/page/page_tables.h"

#include "status/explain.h"

namespace keeper {

std::string_view mood_of(State state, Reason reason, const PlanName& plan, const Config* config) {
  const Plan* configured = config != nullptr ? find_in(config->plans, plan) : nullptr;
  const bool planned = configured != nullptr && ends_as_planned(*configured, state, reason);
  return planned ? mood_of(State::closed) : mood_of(state);
}

void write_transitions(Html& html, std::string_view title, const std::vector<TransitionRow>& rows,
                       const Config* config) {
  if (rows.empty()) return html.nothing(title, "Nothing has happened yet.");
  html.begin_table(title, {"When", "Session", "Plan", "Change", "Why", "Cause", "Detail"});
  for (const TransitionRow& row : rows) {
    html.begin_row().cell(std::optional<Wall>(row.at)).begin_cell().session_link(row.session).end_cell();
    html.cell(row.plan.str())
        .begin_cell()
        .state(mood_of(row.to, row.reason, row.plan, config), spaced(to_string(row.to)));
    if (row.from) html.raw(" <span class=\"soft\">from ").text(spaced(to_string(*row.from))).raw("</span>");
    html.end_cell().begin_cell().text(spaced(to_string(row.reason)));
    html.raw("<small>")
        .text(clause_of(row.reason))
        .raw("</small>")
        .end_cell()
        .cell(spaced(to_string(row.cause)));
    html.cell(row.detail).end_row();
  }
  html.end_table();
}

void write_deliveries(Html& html, std::string_view title, const std::vector<DeliveryRow>& rows) {
  if (rows.empty()) return html.nothing(title, "No delivery is recorded.");
  html.begin_table(title, {"Received", "Type", "Provider", "Session", "Disposition"});
  for (const DeliveryRow& row : rows) {
    html.begin_row()
        .cell(std::optional<Wall>(row.received_at))
        .cell(row.type)
        .cell(row.provider.str())
        .begin_cell();
    if (row.session) {
      html.session_link(*row.session);
    } else {
      html.raw("<code>").text(row.remote_id.str()).raw("</code>");
    }
    html.end_cell().cell(to_string(row.disposition)).end_row();
  }
  html.end_table();
}

void write_deadline_cells(Html& html, const SessionView* seen) {
  const SessionView none{};
  const SessionView& due = seen != nullptr ? *seen : none;
  html.cell(due.next_heartbeat_at).cell(due.idle_deadline).cell(due.rollover_at).cell(due.hard_deadline);
}

}  // namespace keeper
