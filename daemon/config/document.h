// Document: the YAML file as a tree in which every node knows its place. This is the only part that knows
// yaml-cpp. It refuses what YAML allows and a configuration has no use for: cycles, alias bombs, doubled
// keys, tags, a second document, a depth over 32, and more nodes than 10,000 or the number of the file's
// bytes. It keeps no state, and any thread may call it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"

namespace keeper::config {

struct Entry;

struct Node {
  enum class Kind { null, scalar, list, map } kind = Kind::null;
  Place place;
  std::string text;                // of a scalar
  bool quoted = false;             // then it is text, whatever it looks like
  std::optional<int> text_column;  // of the text's first character, where it stands on one line as it is
  std::vector<Node> items;         // of a list
  std::vector<Entry> entries;      // of a map, in the file's order, keys unique

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  const Entry* entry(std::string_view key) const;
  const Node* find(std::string_view key) const;  // null when it is absent
};

struct Entry {
  std::string key;
  Place place;
  Node value;
};

// A map without entries and without a place, for a section that is left out.
const Node& empty_map();

// The root, a map. Empty when there are syntax errors; then `problems` says where.
std::optional<Node> parse_document(const std::string& text, Problems& problems);

}  // namespace keeper::config
