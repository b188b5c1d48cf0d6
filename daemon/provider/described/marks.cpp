#include "provider/described/marks.h"

#include <algorithm>

namespace keeper {
namespace {

constexpr std::string_view first_letters = "abcdefghijklmnopqrstuvwxyz_";
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz_0123456789.+";

}  // namespace

std::vector<Mark> marks_in(std::string_view text) {
  std::vector<Mark> marks;
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find_first_not_of(letters, at + 1);
    if (end == std::string_view::npos || text[end] != '}' || end == at + 1) continue;
    if (first_letters.find(text[at + 1]) == std::string_view::npos) continue;
    marks.push_back({at, end + 1 - at, text.substr(at + 1, end - at - 1)});
  }
  return marks;
}

bool holds_mark(const DescribedCall& call, std::string_view name) {
  const auto holds = [&](std::string_view text) {
    const std::vector<Mark> marks = marks_in(text);
    return std::any_of(marks.begin(), marks.end(), [&](const Mark& mark) { return mark.name == name; });
  };
  return holds(call.path) || holds(call.body) ||
         std::any_of(call.headers.begin(), call.headers.end(),
                     [&](const auto& header) { return holds(header.second); });
}

std::optional<Millis> ahead_of_now(std::string_view name) {
  constexpr std::string_view now = "now";
  if (!name.starts_with(now)) return std::nullopt;
  name.remove_prefix(now.size());
  if (name.empty()) return Millis{0};
  return name.front() == '+' ? parse_duration(name.substr(1)) : std::nullopt;
}

std::string_view credential_of(std::string_view name) {
  constexpr std::string_view credential = "credential.";
  return name.starts_with(credential) ? name.substr(credential.size()) : std::string_view{};
}

}  // namespace keeper
