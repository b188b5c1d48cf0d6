#include "config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>

#include "base/text.h"

namespace keeper::config {
namespace {

// A file of any size may hold these; beyond, no more than it has bytes, so that only aliases can exceed it.
constexpr std::size_t nodes_free = 10'000;
constexpr std::size_t depth_max = 32;

Place place_of(const YAML::Mark& mark) {
  return mark.is_null() ? Place{1, 1} : Place{mark.line + 1, mark.column + 1};
}

// Ends the parse at the first thing that cannot be read on from.
struct Refusal {
  Place place;
  std::string message;
};

std::size_t count_nodes(const Node& node) {
  std::size_t count = 1;
  for (const Node& item : node.items) count += count_nodes(item);
  for (const Entry& entry : node.entries) count += 1 + count_nodes(entry.value);
  return count;
}

std::size_t depth_of(const Node& node) {
  std::size_t deepest = 0;
  for (const Node& item : node.items) deepest = std::max(deepest, depth_of(item));
  for (const Entry& entry : node.entries) deepest = std::max(deepest, depth_of(entry.value));
  return deepest + 1;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& text, Problems& problems)
      : problems_(problems), nodes_max_(std::max(nodes_free, text.size())) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) lines_.push_back(line);
  }

  std::optional<Node> take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    count(1, place_of(mark));
    Node node;
    node.place = place_of(mark);
    put(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) {
      throw Refusal{place_of(mark), "an alias refers to what it is itself a part of"};
    }
    count(count_nodes(known->second), place_of(mark));
    if (open_.size() + depth_of(known->second) > depth_max) too_deep(place_of(mark));
    put(Node(known->second), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    count(1, place_of(mark));
    Node node;
    node.kind = Node::Kind::scalar;
    node.place = place_of(mark);
    node.text = value;
    node.quoted = !tag.empty() && tag != "?";
    check_tag(tag, node.place);
    node.text_column = text_column(node);
    put(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor;
    std::optional<Node> key;                     // of a map: read, and its value is not yet
    std::unordered_map<std::string, int> lines;  // of a map: where each key stands
  };

  [[noreturn]] static void too_deep(Place place) {
    throw Refusal{place, "nested deeper than " + std::to_string(depth_max) + " levels"};
  }

  void count(std::size_t nodes, Place place) {
    nodes_ += nodes;
    if (nodes_ > nodes_max_) {
      throw Refusal{place, "more than " + std::to_string(nodes_max_) + " values, aliases counted each time"};
    }
  }

  void check_tag(const std::string& tag, Place place) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str") return;
    problems_.error(place, "the tag '" + printable(tag, 60) + "' is not supported: leave it out");
  }

  std::optional<int> text_column(const Node& node) const {
    const auto line = static_cast<std::size_t>(node.place.line - 1);
    const auto column = static_cast<std::size_t>(node.place.column - 1);
    if (line >= lines_.size() || column >= lines_[line].size()) return std::nullopt;
    const char first = lines_[line][column];
    const std::size_t begin = first == '"' || first == '\'' ? column + 1 : column;
    if (lines_[line].compare(begin, node.text.size(), node.text) != 0) return std::nullopt;
    return static_cast<int>(begin) + 1;
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const Place place = place_of(mark);
    count(1, place);
    if (open_.size() >= depth_max) too_deep(place);
    check_tag(tag, place);
    Open opened;
    opened.node.kind = kind;
    opened.node.place = place;
    opened.anchor = anchor;
    open_.push_back(std::move(opened));
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    put(std::move(closed.node), closed.anchor);
  }

  void put(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.is_list()) {
      open_.back().node.items.push_back(std::move(node));
    } else if (!open_.back().key) {
      open_.back().key = std::move(node);
    } else {
      add_entry(open_.back(), std::move(node));
    }
  }

  void add_entry(Open& map, Node value) {
    const Node key = std::move(*map.key);
    map.key.reset();
    if (!key.is_scalar()) {
      problems_.error(key.place, "a key must be a plain word");
      return;
    }
    if (key.text == "<<" && !key.quoted) {
      problems_.error(key.place, "merge keys ('<<') are not supported: `defaults` is what all plans share");
      return;
    }
    const auto [first, is_new] = map.lines.try_emplace(key.text, key.place.line);
    if (!is_new) {
      problems_.error(key.place, "the key '" + printable(key.text, 60) + "' is given twice, first in line " +
                                     std::to_string(first->second));
      return;
    }
    map.node.entries.push_back({key.text, key.place, std::move(value)});
  }

  Problems& problems_;
  const std::size_t nodes_max_;
  std::vector<std::string> lines_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::optional<Node> root_;
  std::size_t nodes_ = 0;
};

struct Utf8 {
  std::size_t length;  // 0: not valid
};

Utf8 utf8_at(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto trail = [&](std::size_t i, unsigned low = 0x80U, unsigned high = 0xbfU) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(at);
  if (lead < 0x80U) return {1};
  if (lead >= 0xc2U && lead <= 0xdfU) return {trail(at + 1) ? 2U : 0U};
  if (lead >= 0xe0U && lead <= 0xefU) {
    const unsigned low = lead == 0xe0U ? 0xa0U : 0x80U;
    const unsigned high = lead == 0xedU ? 0x9fU : 0xbfU;
    return {trail(at + 1, low, high) && trail(at + 2) ? 3U : 0U};
  }
  if (lead >= 0xf0U && lead <= 0xf4U) {
    const unsigned low = lead == 0xf0U ? 0x90U : 0x80U;
    const unsigned high = lead == 0xf4U ? 0x8fU : 0xbfU;
    return {trail(at + 1, low, high) && trail(at + 2) && trail(at + 3) ? 4U : 0U};
  }
  return {0};
}

// yaml-cpp ends its input at a 0x04 and lets other control characters through: only text is let in.
bool is_text(const std::string& text, Problems& problems) {
  Place place{1, 1};
  for (std::size_t at = 0; at < text.size();) {
    const Utf8 character = utf8_at(text, at);
    if (character.length == 0) {
      problems.error(place, "this is not UTF-8 text");
      return false;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte < 0x20U && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7fU) {
      problems.error(place, "a control character is not allowed in text");
      return false;
    }
    at += character.length;
    place.column += static_cast<int>(character.length);
    if (byte == '\n') place = {place.line + 1, 1};
  }
  return true;
}

Place second_document(const std::string& text) {
  std::istringstream lines(text);
  bool begun = false;
  int number = 1;
  for (std::string line; std::getline(lines, line); ++number) {
    if (begun && line.starts_with("---")) return {number, 1};
    begun = begun || line.starts_with("---") || (!line.empty() && line[0] != '#' && line[0] != '%');
  }
  return {1, 1};
}

std::string advice(const std::string& text, Place place) {
  std::istringstream lines(text);
  std::string line;
  for (int i = 0; i < place.line && std::getline(lines, line); ++i) {
  }
  if (line.find('\t') != std::string::npos) return " (indent with spaces, not with tabs)";
  // YAML keeps these characters for itself at the begin of a value; the parser names that place or the next.
  const auto column = static_cast<std::size_t>(std::max(place.column, 1)) - 1;
  for (const std::size_t at : {column, std::max<std::size_t>(column, 1) - 1}) {
    const bool begins = at < line.size() &&
                        (at == 0 || std::string_view(" [{,").find(line[at - 1]) != std::string_view::npos);
    if (begins && std::string_view("*@%`&!|>?-").find(line[at]) != std::string_view::npos)
      return std::string(" (a value that begins with ") + line[at] +
             " must be quoted, as in start: \"*/5 * * * *\" or start: \"@daily\")";
  }
  if (line.find("${") != std::string::npos) return " (within {...}, quote it: \"${NAME}\")";
  return "";
}

}  // namespace

const Entry* Node::entry(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Entry* found = entry(key);
  return found != nullptr ? &found->value : nullptr;
}

const Node& empty_map() {
  static const Node map = [] {
    Node node;
    node.kind = Node::Kind::map;
    return node;
  }();
  return map;
}

std::optional<Node> parse_document(const std::string& text, Problems& problems) {
  if (!is_text(text, problems)) return std::nullopt;
  TreeBuilder builder(text, problems);
  try {
    std::istringstream input(text);
    YAML::Parser parser(input);
    if (!parser.HandleNextDocument(builder)) {
      problems.error({1, 1}, "the file is empty");
      return std::nullopt;
    }
    if (parser)
      problems.error(second_document(text),
                     "something follows the end of the first document: one file, one document");
  } catch (const Refusal& refusal) {
    problems.error(refusal.place, refusal.message);
    return std::nullopt;
  } catch (const YAML::Exception& bad) {
    problems.error(place_of(bad.mark), "YAML: " + printable(bad.msg, 200) + advice(text, place_of(bad.mark)));
    return std::nullopt;
  } catch (const std::exception& bad) {
    problems.error({1, 1}, std::string("YAML: the file cannot be read: ") + bad.what());
    return std::nullopt;
  }
  std::optional<Node> root = builder.take();
  if (!root || root->is_null()) {
    problems.error({1, 1}, "the file is empty");
    return std::nullopt;
  }
  if (!root->is_map()) {
    problems.error(root->place, "the file must be a map of keys, such as `providers:` and `plans:`");
    return std::nullopt;
  }
  return root;
}

}  // namespace keeper::config
