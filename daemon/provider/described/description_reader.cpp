#include "provider/described/description_reader.h"

#include <algorithm>

#include "base/text.h"
#include "config/json.h"
#include "config/value.h"
#include "provider/described/described_keys.h"

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

class DescriptionReader {
 public:
  DescriptionReader(const Node& node, Problems& problems) : node_(node), problems_(problems) {}

  Description read() {
    Description description;
    read_headers(description);
    description.start = call("start", R"("{parameters}")").value_or(DescribedCall{});
    description.status = call("status").value_or(DescribedCall{});
    description.stop = call("stop").value_or(DescribedCall{});
    description.heartbeat = call("heartbeat");
    description.cleanup = call("cleanup");
    description.list = call("list");
    description.tag_in_start = pointer(node_, "tag_in_start");
    if (const Node* fields = value_at(node_, "fields"); fields != nullptr && fields->is_map()) {
      description.id = pointer(*fields, "id");
      description.native_status = pointer(*fields, "status");
      description.created_at = pointer(*fields, "created_at");
      description.last_activity_at = pointer(*fields, "last_activity_at");
      description.ended_at = pointer(*fields, "ended_at");
      description.expires_at = pointer(*fields, "expires_at");
      description.idle_timeout = pointer(*fields, "idle_timeout");
      description.maximum = pointer(*fields, "max_duration");
      description.duration_unit = duration_or_default(*fields, fields_section(), "duration_unit");
      description.error = pointer(*fields, "error");
      description.tag = pointer(*fields, "tag");
    }
    read_states(description);
    read_gone(description);
    read_heartbeat(description);
    return description;
  }

 private:
  std::string pointer(const Node& map, std::string_view key) {
    const std::string text = text_at(map, key).value_or("");
    if (!is_pointer(text)) {
      problems_.error(map.entry(key)->value.place,
                      "'" + std::string(key) + "' must be a JSON pointer such as /data/id");
    } else if (has_large_index(text)) {
      problems_.error(map.entry(key)->value.place,
                      "'" + std::string(key) + "' must have no number above 9999 in it");
    } else {
      return text;
    }
    return {};
  }

  void read_headers(Description& description) {
    description.headers = {{"Authorization", "Bearer {api_key}"}};
    const Node* headers = value_at(node_, "headers");
    if (headers == nullptr || !headers->is_map()) return;
    description.headers.clear();
    for (const Entry& entry : headers->entries) {
      const std::string name = lower_case(entry.key);
      const bool is_ours = name == "host" || name == "connection" || name == "content-length" ||
                           name == "content-type" || name == "transfer-encoding" || name == "accept-encoding";
      if (is_ours || !is_header_name(entry.key)) {
        problems_.error(entry.place, "'" + printable(entry.key, 60) + "' is no header that can be set");
      } else if (!entry.value.is_scalar() || printable(entry.value.text, 1000) != entry.value.text) {
        problems_.error(entry.value.place, "the header '" + entry.key + "' must be a line of printable text");
      } else {
        description.headers[entry.key] = entry.value.text;
      }
    }
  }

  std::optional<DescribedCall> call(std::string_view key, const char* body = "") {
    const Node* node = value_at(node_, key);
    if (node == nullptr || !node->is_map()) return std::nullopt;
    DescribedCall call;
    call.method = text_at(*node, "method").value_or("");
    call.path = text_at(*node, "path").value_or("");
    call.item = pointer(*node, "item");
    call.more = pointer(*node, "more");
    call.body = body;
    if (!call.path.empty() && call.path.front() != '/') {
      problems_.error(node->entry("path")->value.place, "'path' must begin with a slash");
    }
    if (const Node* given = value_at(*node, "body")) call.body = to_json(*given).dump();
    return call;
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
};

}  // namespace

Description read_description(const Node& node, Problems& problems) {
  return DescriptionReader(node, problems).read();
}

}  // namespace keeper::config
