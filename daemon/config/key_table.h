// The table of keys: the name, the types, the default and the meaning of each. The checker, the JSON Schema
// and the tests walk it. The keys that only one provider has are in that provider's folder (provider_kind.h).
// Everything here is constant once it is made, so any thread may read it.
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
  secrets,     // a map from names to secrets: each `${ENV_NAME}`, or `{file: PATH}`
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

const Section& store_section();
const Section& cluster_section();
const Section& status_section();
const Section& webhook_section();
const Section& target_section();    // of `notifications`
const Section& provider_section();  // what every provider may say, whatever its type
const Section& plan_section();
const Section& schedule_section();
const Section& keep_alive_section();
const Section& defaults_section();
const Section& budget_section();

struct ProviderKind;
using ProviderKinds = std::vector<const ProviderKind*>;

// The sections whose keys depend on which providers there are. The kinds' own sections must outlive it.
class Sections {
 public:
  explicit Sections(const ProviderKinds& kinds);
  Sections(const Sections&) = delete;
  Sections& operator=(const Sections&) = delete;

  const Section& root() const { return root_; }
  const std::vector<const Section*>& sessions() const { return sessions_; }  // that a plan's `session` may be

 private:
  Section provider_;
  Section root_;
  std::vector<const Section*> sessions_;
};

}  // namespace keeper::config
