#include "status/query.h"

#include <charconv>
#include <limits>

#include "base/text.h"

namespace keeper {
namespace {

template <class E, std::size_t N>
std::string words(const std::array<E, N>& values) {
  std::string all;
  for (const E value : values) all += (all.empty() ? "" : ", ") + std::string(to_string(value));
  return all;
}

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void QueryReader::complain(std::string what) {
  if (complaint_.empty()) complaint_ = std::move(what);
}

const std::string* QueryReader::find(const std::string& name) {
  read_.insert(name);
  const auto [begin, end] = parameters_.equal_range(name);
  if (begin == end) return nullptr;
  if (std::next(begin) != end) complain("'" + name + "' is given more than once");
  return &begin->second;
}

std::optional<std::string> QueryReader::text(const std::string& name) {
  const std::string* value = find(name);
  if (value == nullptr || value->empty()) return std::nullopt;
  return *value;
}

std::optional<std::int64_t> QueryReader::number(const std::string& name, std::int64_t min, std::int64_t max) {
  const std::string* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto number = parse_number(*value);
  if (!number || *number < min || *number > max) {
    complain("'" + name + "' must be a whole number from " + std::to_string(min) + " to " +
             std::to_string(max));
    return std::nullopt;
  }
  return number;
}

int QueryReader::limit(const std::string& name, std::int64_t otherwise) {
  return static_cast<int>(number(name, 1, limit_max).value_or(otherwise));
}

std::optional<std::int64_t> QueryReader::cursor(const std::string& name) {
  return number(name, 0, std::numeric_limits<std::int64_t>::max());
}

std::optional<Wall> QueryReader::time(const std::string& name) {
  const auto word = text(name);
  if (!word) return std::nullopt;
  const auto time = parse_time(*word);
  if (!time) complain("'" + name + "' must be a time such as 2026-11-21T09:00:00Z");
  return time;
}

std::optional<State> QueryReader::state(const std::string& name) {
  const auto word = text(name);
  if (!word) return std::nullopt;
  const auto state = parse_state(*word);
  if (!state) complain("'" + name + "' must be one of: " + words(all_states));
  return state;
}

std::optional<Disposition> QueryReader::disposition(const std::string& name) {
  const auto word = text(name);
  if (!word) return std::nullopt;
  const auto disposition = parse_disposition(*word);
  if (!disposition) complain("'" + name + "' must be one of: " + words(all_dispositions));
  return disposition;
}

std::string QueryReader::complaint() const {
  if (!complaint_.empty()) return complaint_;
  for (const auto& [name, value] : parameters_) {
    if (read_.contains(name)) continue;
    std::string known;
    for (const std::string& each : read_) known += (known.empty() ? "" : ", ") + each;
    return "unknown parameter '" + printable(name, 60) + "'; known: " + (known.empty() ? "none" : known);
  }
  return {};
}

}  // namespace keeper
