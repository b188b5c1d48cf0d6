// What the configuration says of the outside: store, listeners, providers and their credentials.
// Plain values; immutable once loaded; any thread. Secrets are only in Secret.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "core/plan.h"

namespace keeper {

enum class ProviderType { videosdk, notte, sonoran_cms };
enum class NotteDialect { current, legacy };
std::string_view to_string(ProviderType type);

struct Address {
  std::string host;  // an IP address, or a name for loopback
  int port = 0;      // 0: any free port
  bool operator==(const Address&) const = default;
};
std::string to_string(const Address& address);  // "127.0.0.1:8470", "[::1]:8470"

struct RateLimit {
  int calls = 0;
  Millis window{};
  bool operator==(const RateLimit&) const = default;
};

struct ProviderSettings {
  ProviderName name;
  ProviderType type = ProviderType::notte;
  NotteDialect dialect = NotteDialect::current;
  std::string base_url;            // scheme://host[:port][/path], without a trailing slash
  Secret api_key;                  // Notte and Sonoran: the bearer key; VideoSDK: the key's public part
  Secret secret;                   // VideoSDK: what tokens are signed with
  Secret token;                    // VideoSDK: a ready JWT, instead of key and secret
  std::string webhook_public_key;  // VideoSDK: a pinned PEM; empty: fetched
  std::string ca_file;             // empty: the system's
  Millis request_timeout{Seconds{30}};
  std::optional<Millis> poll_interval;
  std::optional<RateLimit> rate_limit;
  int max_concurrent = 4;
  Orphans orphans = Orphans::stop;
  bool allow_http = false;  // plain http beyond loopback
  bool operator==(const ProviderSettings&) const = default;
};

// The provider's facts (sources in traits.cpp), with what the settings change of them.
Traits traits_of(const ProviderSettings& settings);
std::string default_base_url(ProviderType type);  // empty for none

struct StatusSettings {
  Address listen{"127.0.0.1", 8470};
  bool allow_remote = false;
  std::vector<std::string> allowed_hosts;
};

struct WebhookSettings {
  Address listen{"127.0.0.1", 8471};
  std::string public_url;
};

struct Settings {
  std::string path;    // of the file that was read
  std::string sha256;  // of its bytes, hex
  std::string store_path;
  Millis retention{std::chrono::days{90}};
  StatusSettings status;
  std::optional<WebhookSettings> webhook;
  std::map<ProviderName, ProviderSettings> providers;
  std::shared_ptr<const Config> config;
};

}  // namespace keeper
