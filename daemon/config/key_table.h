// The table of all keys: name, type, default and meaning. The checker, the JSON Schema and the tests read it.
// Constant; any thread.
#pragma once

#include <string_view>
#include <vector>

namespace keeper::config {

enum class Kind {
  boolean,
  integer,
  number,
  text,
  choice,    // one of `words`
  duration,  // "1h30m"
  size,      // "2GiB"
  percent,   // "80%"
  rate,      // "60/1m"
  url,       // http or https
  address,   // "127.0.0.1:8470"
  path,      // ${ENV_NAME} is replaced
  secret,    // never in the file: `x: ${ENV_NAME}`, or `x_file: PATH`
  cron,
  time_zone,
  moment,      // RFC 3339, or local to the schedule's zone
  date_range,  // "2026-12-24", "2026-12-24/2027-01-06"
  list,        // of `item`, or of `section`
  section,     // a map with the keys of `section`
  named,       // a map from names to `section`
  texts,       // a map from names to texts
  anything,    // any YAML
};

struct Section;

struct Type {
  Kind kind = Kind::text;
  std::vector<std::string_view> words{};
  long long min = 0;  // integer: the range; duration: milliseconds; no range: max is 0
  long long max = 0;
  Kind item = Kind::text;
  const Section* section = nullptr;
};

struct Key {
  std::string_view name;
  std::vector<Type> types;    // any of them
  std::string_view preset{};  // the default as it would be written; empty: none
  std::string_view doc{};
  bool required = false;
};

struct Section {
  std::string_view name;
  std::vector<Key> keys;

  const Key* find(std::string_view key) const;
};

const Section& root_section();
const Section& provider_section();
const Section& plan_section();
const Section& schedule_section();
const Section& keep_alive_section();
const Section& defaults_section();
const Section& videosdk_session();
const Section& notte_session();
const Section& notte_legacy_session();
const Section& sonoran_session();
const Section& http_session();
const Section& http_section();
const Section& budget_section();

// The sections that `session` may be, one for each type of provider and dialect.
std::vector<const Section*> session_sections();

}  // namespace keeper::config
