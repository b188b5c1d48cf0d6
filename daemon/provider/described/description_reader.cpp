#include "provider/described/description_reader.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "config/json.h"
#include "config/value.h"
#include "provider/described/described_keys.h"
#include "provider/described/mark_check.h"
#include "provider/described/marks.h"

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

// RFC 9110: a token.
bool is_header_name(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// The marks that a form fills, one of which the call must have.
std::vector<std::string_view> marks_of(NextPage::Form form) {
  switch (form) {
    case NextPage::Form::unsaid:
    case NextPage::Form::whole:
      return {};
    case NextPage::Form::page:
      return {"page"};
    case NextPage::Form::cursor:
    case NextPage::Form::last_id:
      return {"cursor"};
    case NextPage::Form::offset:
      return {"offset"};
    case NextPage::Form::total:
      return {"page", "offset"};
  }
  check_failed("a known form", __FILE__, __LINE__);
}

std::set<std::string> names_in(const Node* map) {
  std::set<std::string> names;
  if (map != nullptr) {
    for (const Entry& entry : map->entries) names.insert(entry.key);
  }
  return names;
}

class DescriptionReader {
 public:
  DescriptionReader(const Node& node, Problems& problems)
      : node_(node), problems_(problems), marks_(names_in(value_at(node, "credentials")), problems) {}

  Description read() {
    Description description;
    description.headers = {{"Authorization", "Bearer {api_key}"}};
    if (const Node* headers = value_at(node_, "headers"); headers != nullptr && headers->is_map())
      description.headers = headers_in(*headers, CallKind::every);
    description.start = call("start", CallKind::start, R"("{parameters}")").value_or(DescribedCall{});
    description.status = call("status", CallKind::of_session).value_or(DescribedCall{});
    description.stop = call("stop", CallKind::of_session).value_or(DescribedCall{});
    description.heartbeat = call("heartbeat", CallKind::heartbeat);
    description.cleanup = call("cleanup", CallKind::of_session);
    read_list(description);
    description.tag_in_start = pointer_at(node_, "tag_in_start");
    read_find(description);
    if (const Node* fields = value_at(node_, "fields"); fields != nullptr && fields->is_map())
      read_fields(*fields, description);
    read_states(description);
    read_gone(description);
    read_heartbeat(description);
    return description;
  }

 private:
  std::string pointer(const Node& node, std::string_view key) {
    if (!is_pointer(node.text)) {
      problems_.error(node.place, "'" + std::string(key) + "' must be a JSON pointer such as /data/id");
    } else if (has_large_index(node.text)) {
      problems_.error(node.place, "'" + std::string(key) + "' must have no number above 9999 in it");
    } else {
      return node.text;
    }
    return {};
  }

  std::string pointer_at(const Node& map, std::string_view key) {
    return text_at(map, key) ? pointer(*value_at(map, key), key) : std::string{};
  }

  Pointers pointers_at(const Node& map, std::string_view key) {
    const Node* node = value_at(map, key);
    if (node == nullptr || node->is_map()) return {};
    Pointers all;
    for (const Node& item : node->is_list() ? node->items : std::vector<Node>{*node}) {
      if (!item.is_scalar() || item.text.empty()) continue;
      if (std::string text = pointer(item, key); !text.empty()) all.push_back(std::move(text));
    }
    return all;
  }

  void read_fields(const Node& fields, Description& description) {
    description.id = pointers_at(fields, "id");
    description.native_status = pointers_at(fields, "status");
    description.created_at = pointers_at(fields, "created_at");
    description.last_activity_at = pointers_at(fields, "last_activity_at");
    description.ended_at = pointers_at(fields, "ended_at");
    description.expires_at = pointers_at(fields, "expires_at");
    description.idle_timeout = pointers_at(fields, "idle_timeout");
    description.maximum = pointers_at(fields, "max_duration");
    description.duration_unit = duration_or_default(fields, fields_section(), "duration_unit");
    description.error = pointers_at(fields, "error");
    description.tag = pointers_at(fields, "tag");
  }

  Headers headers_in(const Node& map, CallKind kind) {
    Headers headers;
    for (const Entry& entry : map.entries) {
      const std::string name = lower_case(entry.key);
      const bool is_ours = name == "host" || name == "connection" || name == "content-length" ||
                           name == "content-type" || name == "transfer-encoding" || name == "accept-encoding";
      if (is_ours || !is_header_name(entry.key)) {
        problems_.error(entry.place, "'" + printable(entry.key, 60) + "' is no header that can be set");
      } else if (!entry.value.is_scalar() || printable(entry.value.text, 1000) != entry.value.text) {
        problems_.error(entry.value.place, "the header '" + entry.key + "' must be a line of printable text");
      } else {
        marks_.header(entry.value, kind);
        headers[entry.key] = entry.value.text;
      }
    }
    return headers;
  }

  std::optional<DescribedCall> call(std::string_view key, CallKind kind, const char* body = "") {
    const Node* node = value_at(node_, key);
    if (node == nullptr || !node->is_map()) return std::nullopt;
    return call_in(*node, kind, body);
  }

  DescribedCall call_in(const Node& node, CallKind kind, const char* body = "") {
    DescribedCall call;
    call.method = text_at(node, "method").value_or("");
    call.path = text_at(node, "path").value_or("");
    call.item = pointer_at(node, "item");
    call.body = body;
    if (!call.path.empty()) {
      const Node& path = node.entry("path")->value;
      if (call.path.front() != '/') problems_.error(path.place, "'path' must begin with a slash");
      marks_.path(path, kind);
    }
    if (const Node* headers = value_at(node, "headers"); headers != nullptr && headers->is_map())
      call.headers = headers_in(*headers, kind);
    if (const Node* given = value_at(node, "body")) {
      marks_.body(*given, kind);
      call.body = to_json(*given).dump();
    }
    return call;
  }

  void read_list(Description& description) {
    const Node* node = value_at(node_, "list");
    if (node == nullptr || node->is_scalar()) return;
    if (node->is_list() && node->items.empty()) problems_.error(node->place, "'list' has no call");
    for (const Node& each : node->is_list() ? node->items : std::vector<Node>{*node}) {
      if (!each.is_map()) continue;
      DescribedCall call = call_in(each, CallKind::list);
      if (const auto next = next_page(each)) {
        call.next = *next;
        check_marks_of_pages(each, call);
      }
      description.list.push_back(std::move(call));
    }
  }

  // Empty: what is said is no good.
  std::optional<NextPage> next_page(const Node& list) {
    const Node* next = value_at(list, "next");
    const Node* more = value_at(list, "more");
    const bool is_whole = bool_at(list, "whole").value_or(false);
    if ((next != nullptr) + (more != nullptr) + is_whole > 1) {
      problems_.error(list.place, "a list has one of 'next', 'more' and 'whole'");
      return std::nullopt;
    }
    if (is_whole) return NextPage{NextPage::Form::whole};
    if (more != nullptr) return NextPage{NextPage::Form::page, pointer_at(list, "more")};
    return next != nullptr && next->is_map() ? next_in(*next) : NextPage{};
  }

  std::optional<NextPage> next_in(const Node& next) {
    static const std::map<std::string_view, NextPage::Form> forms{{"page", NextPage::Form::page},
                                                                  {"cursor", NextPage::Form::cursor},
                                                                  {"last_id", NextPage::Form::last_id},
                                                                  {"offset", NextPage::Form::offset},
                                                                  {"total", NextPage::Form::total}};
    if (next.entries.size() != 1) {
      problems_.error(next.place, "'next' has one of page, cursor, last_id, offset and total");
      return std::nullopt;
    }
    const Entry& entry = next.entries.front();
    const auto form = forms.find(entry.key);
    if (form == forms.end() || !entry.value.is_scalar()) return std::nullopt;
    return NextPage{form->second, where(entry)};
  }

  // A pointer, a header's name, or nothing for `counted`.
  std::string where(const Entry& entry) {
    const std::string& text = entry.value.text;
    const bool takes_headers = entry.key == "cursor" || entry.key == "offset";
    if (!takes_headers || text.starts_with('/')) return pointer(entry.value, entry.key);
    if (entry.key == "offset" && text == "counted") return {};
    if (text == "counted" || !is_header_name(text)) {
      problems_.error(entry.value.place,
                      "'" + entry.key + "' must be a JSON pointer such as /next, " +
                          (entry.key == "offset" ? "a header's name, or counted" : "or a header's name"));
    }
    return lower_case(text);
  }

  void check_marks_of_pages(const Node& node, const DescribedCall& call) {
    const std::vector<std::string_view> wanted = marks_of(call.next.form);
    const Node* path = value_at(node, "path");
    const Place place = path != nullptr ? path->place : node.place;
    std::string list;
    bool has_one = wanted.empty();
    for (const std::string_view mark : wanted) {
      has_one = has_one || holds_mark(call, mark);
      list += (list.empty() ? "{" : " or {") + std::string(mark) + "}";
    }
    if (!has_one) problems_.error(place, "the list's path or body needs " + list + ", or no page follows");
    for (const std::string_view mark : {"page", "cursor", "offset"}) {
      const bool is_filled = std::find(wanted.begin(), wanted.end(), mark) != wanted.end();
      if (is_filled || !holds_mark(call, mark)) continue;
      problems_.error(place,
                      "nothing says how the list goes on with {" + std::string(mark) + "}: give it 'next'");
    }
  }

  // A find that asks for what the start did not send would prove every start absent.
  void read_find(Description& description) {
    description.find = call("find", CallKind::find);
    const Node* start = value_at(node_, "start");
    const Node* exists = start != nullptr ? value_at(*start, "exists") : nullptr;
    if (start != nullptr && start->is_map()) description.exists = int_at(*start, "exists").value_or(0);
    if (exists != nullptr && !description.find)
      problems_.error(exists->place, "'exists' needs 'find', which reads the session that is there");
    if (!description.find) return;
    const Place place = value_at(node_, "find")->place;
    bool is_ours = false;
    for (const std::string_view mark : {"session", "session_uuid"}) {
      if (!holds_mark(*description.find, mark)) continue;
      is_ours = true;
      if (!holds_mark(description.start, mark))
        problems_.error(place, "'find' asks for {" + std::string(mark) + "}, which 'start' does not send");
    }
    if (!is_ours) problems_.error(place, "'find' must name the session by {session} or {session_uuid}");
  }

  void read_states(Description& description) {
    const Node* states = value_at(node_, "states");
    if (states == nullptr || !states->is_map()) return;
    for (const Entry& entry : states->entries) {
      if (const auto state = parse_state(entry.value.text)) {
        description.states[entry.key] = *state;
      } else {
        problems_.error(entry.value.place, "'states' maps to queued, active, closed, error or timed_out");
      }
    }
  }

  // Where nothing says more, a deadline that is told is taken to be the one that heartbeats move.
  void read_heartbeat(Description& description) {
    const Node* node = value_at(node_, "heartbeat");
    if (node == nullptr || !node->is_map()) return;
    const auto complain = [&](std::string_view key, const std::string& what) {
      problems_.error(node->entry(std::string(key))->value.place, "'" + std::string(key) + "' " + what);
    };
    const bool tells_activity = !description.last_activity_at.empty();
    const bool tells_deadline = !description.expires_at.empty();
    const auto counts = text_at(*node, "counts");
    const bool read_back = counts ? *counts == "read_back" : tells_activity || tells_deadline;
    description.heartbeat_proof = read_back ? HeartbeatProof::read_back : HeartbeatProof::answer;
    const auto extends = duration_at(*node, "extends");
    if (extends) {
      const bool adds = choice_or_default(*node, heartbeat_section(), "extends_from") == "deadline";
      description.extension = Extension{*extends, adds};
    } else if (value_at(*node, "extends_from") != nullptr) {
      complain("extends_from", "needs 'extends'");
    }
    description.expires_at_moves = tells_deadline && (extends || (read_back && !tells_activity));
    if (read_back && !tells_activity && !tells_deadline)
      complain("counts", "read_back needs fields.last_activity_at or fields.expires_at");
    if (read_back && extends && tells_activity && !tells_deadline)
      complain("extends", "needs fields.expires_at, or counts: answer");
    const bool asks =
        description.heartbeat && description.heartbeat->body.find("\"{seconds}\"") != std::string::npos;
    if (asks && !extends) complain("body", "holds {seconds}, which needs 'extends'");
    if (description.expires_at_moves && !extends && !counts) {
      problems_.warning(
          node->place,
          "'heartbeat' is taken to move fields.expires_at; where it does not, say counts: answer");
    }
  }

  void read_gone(Description& description) {
    const std::string word = choice_or_default(node_, http_section(), "gone");
    description.gone = word == "closed"        ? Gone::closed
                       : word == "timed_out"   ? Gone::timed_out
                       : word == "by_deadline" ? Gone::by_deadline
                                               : Gone::error;
  }

  const Node& node_;
  Problems& problems_;
  MarkCheck marks_;
};

}  // namespace

Description read_description(const Node& node, Problems& problems) {
  return DescriptionReader(node, problems).read();
}

}  // namespace keeper::config
