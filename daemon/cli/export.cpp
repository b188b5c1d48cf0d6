#include "cli/export.h"

#include <array>
#include <nlohmann/json.hpp>
#include <ostream>

namespace keeper {
namespace {

using OrderedJson = nlohmann::ordered_json;  // a line's members stand as the API gives them

constexpr const char* page_rows = "1000";
constexpr std::array<const char*, 12> columns{"seq",       "session_id", "plan",        "provider",
                                              "remote_id", "from",       "to",          "reason",
                                              "cause",     "at",         "recorded_at", "detail"};

std::string csv_field(const OrderedJson& row, const char* name) {
  const auto found = row.find(name);
  if (found == row.end() || found->is_null()) return {};
  const std::string text = found->is_string() ? found->get<std::string>() : found->dump();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_line(const OrderedJson& row) {
  std::string line;
  for (const char* name : columns)
    line += (line.empty() && name == columns.front() ? "" : ",") + csv_field(row, name);
  return line + "\r\n";
}

std::string csv_head() {
  std::string line;
  for (const char* name : columns) line += (line.empty() ? "" : ",") + std::string(name);
  return line + "\r\n";
}

}  // namespace

int ask_export(const Asking& asking, const ExportRequest& request, const Terminal& terminal) {
  const bool csv = request.format == "csv";
  for (std::string after = "0"; !after.empty();) {
    QueryParameters query{{"after_seq", after}, {"limit", page_rows}};
    if (!request.since.empty()) query.emplace_back("since", request.since);
    const Result<std::string> body = asking.client.get("/api/v1/transitions", query);
    const OrderedJson answer = body ? OrderedJson::parse(*body, nullptr, false) : OrderedJson();
    if (!body || !answer.is_object() || !answer.contains("transitions")) {
      terminal.err << "session-keeper: "
                   << (body ? "what answers there is not a session-keeper daemon" : body.error().what)
                   << "\n";
      return 1;
    }
    if (csv && after == "0") terminal.out << csv_head();
    for (const OrderedJson& row : answer.at("transitions")) {
      terminal.out << (csv ? csv_line(row)
                           : row.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
    }
    const auto next = answer.find("next");
    after = next != answer.end() && next->is_string() ? next->get<std::string>() : std::string{};
    if (!terminal.out) return 1;  // nobody reads on
  }
  return 0;
}

}  // namespace keeper
