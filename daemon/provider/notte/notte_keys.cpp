#include "provider/notte/notte_keys.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "config/json.h"
#include "config/provider_kind.h"
#include "config/types.h"
#include "config/value.h"

namespace keeper::config {
namespace {

using namespace types;
using std::chrono::minutes;

const Section& profile_section() {
  static const Section section{
      "profile",
      {
          {.name = "id", .types = {of(Kind::text)}, .doc = "The profile's id.", .required = true},
          {"persist", {of(Kind::boolean)}, "false", "Write the profile back at the end."},
      }};
  return section;
}

const Section& proxy_section() {
  static const Section section{
      "proxy",
      {
          {"type", {choice({"notte", "external"})}, "notte", "Whose proxy."},
          {.name = "country", .types = {of(Kind::text)}, .doc = "Two letters."},
          {.name = "server", .types = {of(Kind::text)}, .doc = "Of an external proxy."},
      }};
  return section;
}

std::vector<Key> notte_browser() {
  return {
      {"headless", {of(Kind::boolean)}, "true", "Must be true with cdp_url."},
      {"solve_captchas", {of(Kind::boolean)}, "true", ""},
      {"proxies", {of(Kind::boolean), list_of(proxy_section())}, "false", "Billed by traffic; one at most."},
      {"browser_type", {choice({"chromium", "chrome", "chrome-nightly", "chrome-turbo"})}, "chromium", ""},
      {.name = "user_agent", .types = {of(Kind::text)}, .doc = "Not with cdp_url."},
      {.name = "chrome_args", .types = {list_of(Kind::text)}, .doc = "Not with cdp_url."},
      {.name = "viewport_width", .types = {integer(1, 16384)}, .doc = "With viewport_height."},
      {.name = "viewport_height", .types = {integer(1, 16384)}, .doc = "With viewport_width."},
      {.name = "aspect_ratio", .types = {choice({"5:4", "16:9"})}, .doc = "Not with a viewport."},
      {.name = "cdp_url", .types = {of(Kind::text)}, .doc = "Another provider's browser."},
      {.name = "screenshot_type", .types = {choice({"last_action", "raw", "full"})}, .preset = "last_action"},
      {.name = "extra_http_headers", .types = {of(Kind::texts)}, .doc = "Sent with every page."},
  };
}

std::vector<Key> notte_account() {
  return {
      {"use_file_storage", {of(Kind::boolean)}, "true", ""},
      {"web_bot_auth", {of(Kind::boolean)}, "false", ""},
      {.name = "profile", .types = {map_of(profile_section())}, .doc = "Cookies and storage to begin with."},
      {.name = "vault_id", .types = {of(Kind::text)}, .doc = "Credentials to use."},
      {.name = "auth_ids", .types = {list_of(Kind::text)}, .doc = "At most 10, each once."},
      {"wait_for_authentication", {of(Kind::boolean)}, "true", "A failed authentication fails the start."},
  };
}

// docs.notte.cc and nottelabs/notte, types.py: limits 1 to 30 and 1 to 1440 minutes.
const Section& notte_session() {
  static const Section section = [] {
    Section result{"notte session",
                   {
                       {"idle_timeout", {duration(minutes{1}, minutes{30})}, "3m", "Whole minutes."},
                       {"max_duration",
                        {duration(minutes{1}, minutes{1440})},
                        "15m",
                        "Whole minutes; the account may cap it."},
                   }};
    for (Key& key : notte_browser()) result.keys.push_back(std::move(key));
    for (Key& key : notte_account()) result.keys.push_back(std::move(key));
    return result;
  }();
  return section;
}

// notexai.gitbook.io, start-session: 0 < session_timeout_minutes <= 30, default 5.
const Section& notte_legacy_session() {
  static const Section section{
      "notte legacy session",
      {
          {"idle_timeout", {duration(minutes{1}, minutes{30})}, "5m", "Whole minutes."},
          {"keep_alive", {of(Kind::boolean)}, "false", "Not closed after an operation."},
          {.name = "screenshot",
           .types = {of(Kind::boolean)},
           .doc = "The provider's default when left out."},
      }};
  return section;
}

void read(ProviderReading& reading) {
  if (text_at(reading.node(), "dialect") != "legacy") return;
  reading.settings.dialect = NotteDialect::legacy;
  if (value_at(reading.node(), "base_url") == nullptr) reading.need("'base_url' with dialect legacy");
}

void check_browser(SessionReader& reader) {
  reader.refuse_together("user_agent", "cdp_url");
  reader.refuse_together("chrome_args", "cdp_url");
  reader.refuse_together("aspect_ratio", "viewport_width");
  if (value_at(reader.node, "viewport_width") == nullptr)
    reader.refuse_together("aspect_ratio", "viewport_height");
  if (value_at(reader.node, "cdp_url") != nullptr &&
      bool_at(reader.node, "headless") == std::optional(false)) {
    reader.problems.error(reader.place_of("headless"), "'headless' must be true with cdp_url");
  }
  const bool width = value_at(reader.node, "viewport_width") != nullptr;
  const bool height = value_at(reader.node, "viewport_height") != nullptr;
  if (width != height) {
    reader.problems.error(reader.place_of(width ? "viewport_width" : "viewport_height"),
                          "'viewport_width' and 'viewport_height' are given both or not at all");
  }
}

void check_lists(SessionReader& reader) {
  if (const Node* proxies = value_at(reader.node, "proxies");
      proxies != nullptr && proxies->items.size() > 1) {
    reader.problems.error(proxies->place, "'proxies' has room for one entry");
  }
  const Node* ids = value_at(reader.node, "auth_ids");
  if (ids == nullptr) return;
  std::set<std::string> seen;
  for (const Node& id : ids->items) {
    if (!seen.insert(id.text).second) reader.problems.error(id.place, "'auth_ids' names the same id twice");
  }
  if (ids->items.size() > 10) reader.problems.error(ids->place, "'auth_ids' has room for 10");
}

// The idle timeout and the maximum are sent even where they are Notte's defaults, since its documents
// disagree on them.
void read_current(SessionReader& reader) {
  Millis idle = reader.whole_minutes_or_default(notte_session(), "idle_timeout");
  const Millis maximum = reader.whole_minutes_or_default(notte_session(), "max_duration");
  if (value_at(reader.node, "idle_timeout") == nullptr) idle = std::min(idle, maximum);
  reader.plan.maximum = maximum;
  reader.plan.idle_timeout = idle;
  if (idle > maximum) {
    const bool given = reader.node.find("max_duration") != nullptr;
    reader.problems.error(reader.place_of("idle_timeout"), "'idle_timeout' " + to_text(idle) +
                                                               " is over max_duration, " + to_text(maximum) +
                                                               (given ? "" : " by default"));
  }
  reader.parameters["idle_timeout_minutes"] = SessionReader::in_minutes(idle);
  reader.parameters["max_duration_minutes"] = SessionReader::in_minutes(maximum);
  for (const Key& key : notte_session().keys) {
    if (key.name == "idle_timeout" || key.name == "max_duration") continue;
    reader.copy(key);
  }
  check_browser(reader);
  check_lists(reader);
}

void read_legacy(SessionReader& reader) {
  reader.plan.idle_timeout = reader.whole_minutes_or_default(notte_legacy_session(), "idle_timeout");
  reader.parameters["session_timeout_minutes"] = SessionReader::in_minutes(*reader.plan.idle_timeout);
  for (const char* key : {"keep_alive", "screenshot"}) {
    if (const auto value = bool_at(reader.node, key)) reader.parameters[key] = *value;
  }
}

const Section& session(const ProviderSettings& settings) {
  return settings.dialect == NotteDialect::legacy ? notte_legacy_session() : notte_session();
}

void read_session(SessionReader& reader, const ProviderSettings& settings) {
  settings.dialect == NotteDialect::legacy ? read_legacy(reader) : read_current(reader);
}

// Notte publishes p99 2.3 s for a create and has seen 135 s (docs.notte.cc; nottelabs/browserarena results).
// It has no field for a tag, so that a lost answer is found by its time alone: one start at a time.
Traits traits(const ProviderSettings& settings) {
  Traits facts;
  facts.can_find = settings.dialect == NotteDialect::current;  // the legacy dialect has no list
  facts.can_list = facts.can_find;
  facts.has_heartbeat = true;
  facts.start_scope = StartScope::provider;
  facts.poll_interval = Seconds{20};
  facts.slow_start = minutes{1};
  return facts;
}

std::vector<std::string> unproven(const Plan& plan, const ProviderSettings& settings) {
  if (settings.dialect == NotteDialect::current)
    return {"a list that is whole where has_next is false", "times of creation that are right"};
  std::vector<std::string> claims{"no list, so that a start whose answer is lost is waited out"};
  if (plan.keep_alive.heartbeat) claims.emplace_back("a heartbeat that counts by its answer alone");
  claims.emplace_back("an idle timeout that is only the plan's word");
  return claims;
}

}  // namespace

const ProviderKind& notte_kind() {
  static const ProviderKind kind{.type = "notte",
                                 .base_url = "https://api.notte.cc",
                                 .keys = {{"dialect",
                                           {choice({"current", "legacy"})},
                                           "current",
                                           "Notte: legacy is POST /session/start, and needs base_url."}},
                                 .sessions = {&notte_session(), &notte_legacy_session()},
                                 .read = read,
                                 .session = session,
                                 .read_session = read_session,
                                 .traits = traits,
                                 .unproven = unproven};
  return kind;
}

}  // namespace keeper::config
