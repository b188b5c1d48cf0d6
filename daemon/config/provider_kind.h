// Provider kind: what the folder of one provider tells the configuration. Its keys, how they are read, and
// the facts that the core must know. The table of provider/provider_table.cpp has one for each `type`; the
// checker, the readers and the JSON Schema walk that table, so nothing here or in config/ names a provider.
// A kind is constant; any thread may call its functions. They report what is wrong to `problems` and go on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "config/key_table.h"
#include "config/problems.h"
#include "config/secrets.h"
#include "config/session_reader.h"
#include "settings/settings.h"

namespace keeper::config {

// One entry of `providers` while it is read.
struct ProviderReading {
  const Entry& entry;
  Outside& outside;
  Problems& problems;
  ProviderSettings& settings;  // has its name, its type and its api_key
  std::string& key_source;     // see ProviderRead

  const Node& node() const { return entry.value; }
  bool has_secret(const std::string& key) const;  // as `key` or as `key_file`
  std::string owner() const;                      // "provider 'x'"
  void need(const std::string& what) const;       // an error: "provider 'x' needs ..."
};

struct ProviderKind {
  std::string_view type;
  std::string_view base_url{};  // empty: the configuration must give it
  bool needs_api_key = true;
  std::vector<Key> keys{};                           // of `providers`, that this type alone has
  std::vector<const Section*> sessions{};            // what a plan's `session` may be
  void (*read)(ProviderReading& reading) = nullptr;  // its own keys; null: it has none
  const Section& (*session)(const ProviderSettings& settings) = nullptr;
  void (*read_session)(SessionReader& reader, const ProviderSettings& settings) = nullptr;
  Traits (*traits)(const ProviderSettings& settings) = nullptr;
  CallLimits (*limits)(const ProviderSettings& settings) = nullptr;  // null: what `rate_limit` says
  // What a plan hangs on there that no answer proves and that nobody has measured at the live provider, a
  // phrase each. `session-keeper probe` measures it.
  std::vector<std::string> (*unproven)(const Plan& plan, const ProviderSettings& settings) = nullptr;
};

}  // namespace keeper::config
