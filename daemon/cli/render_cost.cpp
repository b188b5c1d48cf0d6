#include <cstdio>
#include <ostream>

#include "base/text.h"
#include "base/time.h"
#include "cli/render.h"
#include "cli/table.h"

namespace keeper {
namespace {

using Json = nlohmann::json;

std::string word(const Json& row, const char* name) {
  return printable(row.value(name, Json()).is_string() ? row[name].get<std::string>() : "", 80);
}

std::string span(const Json& row, const char* name) {
  const Json value = row.value(name, Json());
  if (!value.is_number_integer()) return "-";
  return to_text(std::chrono::floor<Seconds>(Millis{value.get<std::int64_t>()}));
}

std::string money(const Json& row, const char* name) {
  const Json value = row.value(name, Json());
  if (!value.is_number()) return "-";
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value.get<double>());
  const std::string currency = word(row, "currency");
  return currency.empty() ? text : std::string(text) + " " + currency;
}

void show_budgets(const Json& budgets, const Terminal& terminal) {
  Table table({"BUDGET OF~", "STATE", "COST", "OF", "TIME", "OF", "UNTIL"});
  for (const Json& budget : budgets) {
    table.row({word(budget, "of"), word(budget, "state"), money(budget, "cost"), money(budget, "max_cost"),
               span(budget, "session_time_ms"), span(budget, "max_session_time_ms"),
               word(budget, "period_end").substr(0, 16) + "Z"});
  }
  if (table.empty()) return;
  terminal.out << "\n";
  table.print(terminal.out, terminal.columns, terminal.colour);
}

}  // namespace

void show_cost(const Json& cost, const Terminal& terminal) {
  terminal.out << "from " << word(cost, "since").substr(0, 19) << "Z to " << word(cost, "until").substr(0, 19)
               << "Z, estimated from the configured prices\n\n";
  Table table({"PLAN~", "PROVIDER~", "SESSIONS", "TIME", "BILLED", "OVERLAP", "COST"});
  for (const Json& row : cost.value("costs", Json::array())) {
    table.row({word(row, "plan"), word(row, "provider"), std::to_string(row.value("sessions", 0)),
               span(row, "session_time_ms"), span(row, "billed_time_ms"), span(row, "rollover_overlap_ms"),
               money(row, "cost")});
  }
  if (table.empty()) {
    terminal.out << "no sessions\n";
  } else {
    table.print(terminal.out, terminal.columns, terminal.colour);
  }
  for (const Json& total : cost.value("totals", Json::array()))
    terminal.out << "total " << money(total, "cost") << "\n";
  show_budgets(cost.value("budgets", Json::array()), terminal);
}

}  // namespace keeper
