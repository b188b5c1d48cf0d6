#include "provider/described/mark_check.h"

#include <algorithm>

#include "base/text.h"
#include "provider/described/marks.h"

namespace keeper::config {
namespace {

struct KnownMark {
  std::string_view name;
  std::vector<CallKind> calls;
  bool in_paths = true, in_headers = true, in_bodies = true;
};

// Those that every name of a credential and every time makes anew are judged apart.
const std::vector<KnownMark>& known_marks() {
  using enum CallKind;
  static const std::vector<KnownMark> all{
      {"id", {of_session, heartbeat, every}},
      {"session", {start, of_session, heartbeat, find, every}},
      {"session_uuid", {start, of_session, heartbeat, find, every}},
      {"plan", {start, of_session, heartbeat, find, every}},
      {"instance", {start, of_session, heartbeat, find, list, every}},
      {"parameters", {start, of_session, heartbeat, find}, false, false, true},
      {"seconds", {heartbeat}, false, false, true},
      {"page", {list}, true, false, true},
      {"cursor", {list}, true, false, true},
      {"offset", {list}, true, false, true},
      {"api_key", {start, of_session, heartbeat, find, list, every}, false, true, false},
  };
  return all;
}

std::string in_braces(std::string_view mark) { return "{" + std::string(mark) + "}"; }

}  // namespace

std::string MarkCheck::fault_of(std::string_view mark, CallKind call, Spot spot) const {
  if (ahead_of_now(mark)) return {};
  if (mark.starts_with("now+")) return ": after now+ there must be a duration such as 90s or 1h30m";
  if (const std::string name(credential_of(mark)); !name.empty()) {
    if (!credentials_.contains(name)) return ": 'credentials' has no '" + name + "'";
    return spot == Spot::body ? ": a credential stands in a header" : "";
  }
  const auto has_value = [&](const KnownMark& known) {
    const bool fits = std::find(known.calls.begin(), known.calls.end(), call) != known.calls.end();
    return fits && (spot == Spot::path     ? known.in_paths
                    : spot == Spot::header ? known.in_headers
                                           : known.in_bodies);
  };
  std::vector<std::string_view> names;
  std::string list;
  bool is_known = false;
  for (const KnownMark& known : known_marks()) {
    is_known = is_known || known.name == mark;
    if (!has_value(known)) continue;
    if (known.name == mark) return {};
    names.push_back(known.name);
    list += (list.empty() ? "" : ", ") + in_braces(known.name);
  }
  if (mark == "api_key" && spot == Spot::path)
    return ": it stands in headers; a query takes {credential.NAME}";
  const std::string_view meant = is_known ? std::string_view{} : closest(mark, names);
  if (!meant.empty()) return ": did you mean " + in_braces(meant) + "?";
  return (is_known ? " has no value here: there are " : " is unknown: there are ") + list + " and {now+90s}";
}

void MarkCheck::text(const Node& node, CallKind call, Spot spot) {
  for (const Mark& mark : marks_in(node.text)) {
    Place place = node.place;
    if (node.text_column) place.column = *node.text_column + static_cast<int>(mark.at);
    std::string fault = fault_of(mark.name, call, spot);
    const bool is_alone = mark.size == node.text.size();
    if (fault.empty() && mark.name == "parameters" && !is_alone) fault = " must be a text of its own";
    const bool is_credential = !credential_of(mark.name).empty();
    const bool is_in_query = node.text.find('?') < mark.at;
    if (fault.empty() && is_credential && spot == Spot::path && !is_in_query)
      fault = ": a credential stands in a header or in a query";
    if (!fault.empty()) {
      problems_.error(place, "the mark " + in_braces(mark.name) + fault);
    } else if (is_credential && spot == Spot::path) {
      problems_.warning(place, "the mark " + in_braces(mark.name) +
                                   ": a query comes into logs on its way; use a header where the provider "
                                   "takes the credential there");
    }
  }
}

void MarkCheck::path(const Node& path, CallKind call) {
  text(path, call, Spot::path);
  const auto braces = std::count(path.text.begin(), path.text.end(), '{');
  if (static_cast<std::size_t>(braces) == marks_in(path.text).size()) return;
  problems_.error(path.place, "a brace in 'path' begins a mark, which is a lower-case word such as {id}");
}

void MarkCheck::header(const Node& value, CallKind call) { text(value, call, Spot::header); }

void MarkCheck::body(const Node& body, CallKind call) {
  if (body.is_scalar()) text(body, call, Spot::body);
  for (const Node& item : body.items) this->body(item, call);
  for (const Entry& entry : body.entries) {
    const std::vector<Mark> marks = marks_in(entry.key);
    const bool is_parameters = entry.key == "{parameters}";
    if (!marks.empty() && !is_parameters) {
      problems_.error(entry.place,
                      "no mark is filled in a member's name but {parameters}, which stands for "
                      "the members of session.parameters");
    } else if (is_parameters && !entry.value.is_null()) {
      problems_.error(entry.value.place, "the member {parameters} has no value of its own");
    }
    this->body(entry.value, call);
  }
}

}  // namespace keeper::config
