#include "provider/described/pointer_reader.h"

#include <algorithm>

#include "config/value.h"

namespace keeper::config {
namespace {

constexpr std::size_t index_digits_max = 4;

// An array would be made as long as the index where something is put there.
bool has_large_index(std::string_view pointer) {
  for (std::size_t begin = 1; begin <= pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string_view part = pointer.substr(begin, end - begin);
    if (part.size() > index_digits_max && part.find_first_not_of("0123456789") == std::string_view::npos)
      return true;
    begin = end + 1;
  }
  return false;
}

// RFC 6901: empty, or each part begins with a slash; a tilde stands before 0 or 1.
bool is_pointer(const std::string& text) {
  if (text.empty()) return true;
  if (text.front() != '/') return false;
  for (std::size_t at = text.find('~'); at != std::string::npos; at = text.find('~', at + 1)) {
    if (at + 1 >= text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

}  // namespace

std::string read_pointer(const Node& node, std::string_view key, Problems& problems) {
  if (!is_pointer(node.text)) {
    problems.error(node.place, "'" + std::string(key) + "' must be a JSON pointer such as /data/id");
  } else if (has_large_index(node.text)) {
    problems.error(node.place, "'" + std::string(key) + "' must have no number above 9999 in it");
  } else {
    return node.text;
  }
  return {};
}

std::string read_pointer_at(const Node& map, std::string_view key, Problems& problems) {
  return text_at(map, key) ? read_pointer(*value_at(map, key), key, problems) : std::string{};
}

}  // namespace keeper::config
