#include <algorithm>

#include "base/text.h"
#include "config/readers.h"
#include "config/value.h"

namespace keeper::config {
namespace {

constexpr std::size_t url_bytes_max = 8 * 1024;

// The words of event_word() for all topics and phases.
std::vector<std::string_view> event_words() {
  std::vector<std::string_view> words;
  for (const Topic topic : all_topics) {
    for (const Phase phase : {Phase::firing, Phase::resolved}) {
      const std::string_view word = event_word(topic, phase);
      if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
    }
  }
  return words;
}

// A URL may hold a credential: it is never shown. Queries are allowed, what comes before is checked as any
// other.
bool is_good_url(const std::string& text) {
  const bool is_clean = std::all_of(text.begin(), text.end(),
                                    [](char c) { return c > ' ' && c < '\x7f' && c != '#' && c != '"'; });
  if (!is_clean) return false;
  Node base;
  base.kind = Node::Kind::scalar;
  base.text = text.substr(0, text.find('?'));
  const auto url = to_url(base);
  return url && (url->secure || is_loopback(url->host));
}

class TargetReader {
 public:
  TargetReader(Outside& outside, Problems& problems, Settings& settings, Config& config)
      : outside_(outside), problems_(problems), settings_(settings), config_(config) {}

  void read(const std::string& name, const Node& node) {
    TargetSettings target;
    target.url = url_of(node);
    target.secret = secret_of(node);
    Target told;
    if (const Node* events = value_at(node, "events")) read_events(*events, told);
    told.repeat_interval = duration_or_default(node, target_section(), "repeat_interval");
    config_.targets.emplace(TargetName(name), std::move(told));
    settings_.targets.emplace(TargetName(name), std::move(target));
  }

 private:
  Secret url_of(const Node& node) {
    const Node* direct = value_at(node, "url");
    const Node* path = value_at(node, "url_file");
    if ((direct == nullptr) == (path == nullptr)) {
      problems_.error(node.place, "a notification target needs 'url' or 'url_file'");
      return {};
    }
    std::string text;
    if (direct != nullptr && direct->is_scalar()) {
      outside_.check_variables("url", *direct, Outside::Empty::refused);
      text = outside_.expand(*direct);
    } else if (path != nullptr) {
      text = outside_.file(node, "url_file", url_bytes_max);
    }
    // A variable or file that is missing was reported.
    if (text.empty() || text.find("${") != std::string::npos) return {};
    if (!is_good_url(text)) {
      problems_.error((direct != nullptr ? direct : path)->place,
                      std::string(direct != nullptr ? "'url'" : "'url_file'") +
                          " must hold an https URL (http only to loopback), without user or fragment");
    }
    return Secret(std::move(text));
  }

  Secret secret_of(const Node& node) {
    Secret secret = outside_.secret(node, "secret");
    const bool given = node.find("secret") != nullptr || node.find("secret_file") != nullptr;
    if (!given) problems_.warning(node.place, "without 'secret_file' notifications go out unsigned");
    if (!is_good_signing_secret(secret.reveal()))
      problems_.error(
          node.place,
          "the 'secret' of a notification target that begins with whsec_ must go on with base64 of 24 to "
          "64 bytes");
    return secret;
  }

  void read_events(const Node& events, Target& told) {
    static const std::vector<std::string_view> known = event_words();
    for (const Node& event : events.items) {
      if (std::find(known.begin(), known.end(), event.text) != known.end()) {
        told.events.insert(event.text);
        continue;
      }
      std::string message = "there is no event '" + printable(event.text, 60) + "'";
      if (const std::string_view word = closest(event.text, known); !word.empty()) {
        message += ": did you mean '" + std::string(word) + "'?";
      }
      problems_.error(event.place, std::move(message));
    }
  }

  Outside& outside_;
  Problems& problems_;
  Settings& settings_;
  Config& config_;
};

}  // namespace

void read_notifications(const Node& root, Outside& outside, Settings& settings, Config& config,
                        Problems& problems) {
  TargetReader reader(outside, problems, settings, config);
  const Node* targets = value_at(root, "notifications");
  if (targets != nullptr && targets->is_map()) {
    for (const Entry& entry : targets->entries) {
      if (entry.value.is_map()) reader.read(entry.key, entry.value);
    }
  } else if (targets != nullptr) {
    for (std::size_t i = 0; i < targets->items.size(); ++i) {
      if (targets->items[i].is_map()) reader.read("target-" + std::to_string(i + 1), targets->items[i]);
    }
  }
  const Node* dead_man = value_at(root, "dead_mans_switch");
  if (dead_man == nullptr || !dead_man->is_map()) return;
  DeadMansSwitchSettings& settled = settings.dead_mans_switch.emplace();
  settled.url = outside.secret(*dead_man, "url");
  settled.every = duration_at(*dead_man, "every").value_or(Millis{0});
  const bool given = dead_man->find("url") != nullptr || dead_man->find("url_file") != nullptr;
  if (!given) {
    problems.error(dead_man->place, "'dead_mans_switch' needs 'url_file' (or 'url: ${ENV_NAME}')");
  } else if (!settled.url.empty() && !is_good_url(settled.url.reveal())) {
    problems.error(dead_man->place, "the URL of 'dead_mans_switch' must be https (http only to loopback)");
  }
}

}  // namespace keeper::config
