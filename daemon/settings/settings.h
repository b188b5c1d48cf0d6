// What the configuration says of the outside: the store, the listeners, the providers and their credentials,
// the targets of notifications. The core decides without it; what the core needs of a provider is its Traits.
// Credentials are only in Secret. Plain values, immutable once loaded; any thread. The defaults of keys stand
// in the table of keys (config/key_table.cpp): a value that the loader has not filled in means nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "core/plan.h"

namespace keeper {

// The word of `type` in the configuration. Which there are is said by the table of
// provider/provider_table.cpp alone.
using ProviderType = Id<struct ProviderTypeTag>;
enum class NotteDialect { current, legacy };

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

// How often a provider may be called. Sonoran counts each kind of call on its own, and cancels more strictly.
struct CallLimits {
  std::optional<RateLimit> calls;   // empty: no limit
  std::optional<RateLimit> cancel;  // for the cancel call alone; empty: it counts as a stop
  bool each_call = false;           // starts, reads and stops have the limit each
  bool operator==(const CallLimits&) const = default;
};

// One call of a provider that is described in the configuration. In `path` and in the texts of `body`, {id}
// is the remote's id, {session}, {plan} and {instance} are ours, {parameters} is the plan's
// `session.parameters`, and {seconds} what a heartbeat extends by.
struct DescribedCall {
  std::string method;
  std::string path;  // below base_url, with the query; a list's may hold {page}, which counts from 1
  std::string body;  // a JSON template; empty: none
  std::string item;  // JSON pointer to the remote's object in the answer, or to the array of them for a list
  std::string more;  // of a list: JSON pointer to whether there is a further page
  bool operator==(const DescribedCall&) const = default;
};

// What a 404 or 410 says of a session that nobody asked to end. by_deadline: it timed out where a deadline
// that is known had passed, and else was closed.
enum class Gone { closed, timed_out, error, by_deadline };

// A provider as the configuration describes it (type http). The pointers are JSON pointers into a remote's
// object.
struct Description {
  DescribedCall start, status, stop;
  std::optional<DescribedCall> heartbeat;
  std::optional<DescribedCall> cleanup;  // of what has ended and is still billed
  std::optional<DescribedCall> list;
  std::map<std::string, std::string>
      headers;               // of every call; {api_key} as well as the marks of DescribedCall
  std::string tag_in_start;  // where our session's id goes in the start's body; empty: nowhere
  std::string id, native_status;
  std::string created_at, last_activity_at, ended_at, expires_at, error, tag;  // empty: not told
  std::string idle_timeout, maximum;                                           // numbers of `duration_unit`
  Millis duration_unit{};
  std::map<std::string, State> states;  // by the provider's word
  Gone gone = Gone::error;
  HeartbeatProof heartbeat_proof = HeartbeatProof::as_told;
  std::optional<Extension> extension;
  bool expires_at_moves = false;  // with each heartbeat; else it is the end of a session's life
  bool operator==(const Description&) const = default;
};

struct ProviderSettings {
  ProviderName name;
  ProviderType type;
  NotteDialect dialect = NotteDialect::current;
  std::string base_url;            // scheme://host[:port][/path], without a trailing slash
  Secret api_key;                  // Notte and Sonoran: the bearer key; VideoSDK: the key's public part
  Secret secret;                   // VideoSDK: what tokens are signed with
  Secret token;                    // VideoSDK: a ready JWT, instead of key and secret
  std::string webhook_public_key;  // VideoSDK: a pinned PEM; empty: fetched
  std::string ca_file;             // empty: the system's
  Secret proxy;                    // "none", "env", or an http:// URL that may hold a password
  bool http2 = false;              // http_version: auto
  Millis request_timeout{};
  std::optional<Millis> poll_interval;
  std::optional<RateLimit> rate_limit;  // as configured
  CallLimits limits;                    // that, or the provider's own
  int max_concurrent = 0;
  Orphans orphans = Orphans::stop;
  Description description;  // type http
  bool allow_http = false;  // plain http beyond loopback
  bool operator==(const ProviderSettings&) const = default;
};

struct StatusSettings {
  Address listen;
  bool allow_remote = false;
  std::vector<std::string> allowed_hosts;
  bool operator==(const StatusSettings&) const = default;
};

struct ServerCertificate {
  std::string chain;  // PEM
  Secret key;         // PEM
  bool operator==(const ServerCertificate&) const = default;
};

struct WebhookSettings {
  Address listen;
  std::string public_url;
  std::optional<ServerCertificate> certificate;  // serves https; else plain http, for a reverse proxy
  std::vector<Secret> tokens;                    // any of them ends the path; empty: none is asked for
  std::vector<std::string> trusted_proxies;      // IP addresses that the limit per address does not hold for
  bool operator==(const WebhookSettings&) const = default;
};

struct TargetSettings {
  Secret url;     // may hold a credential
  Secret secret;  // signs the messages; "whsec_" and base64, or any text; empty: unsigned
  bool operator==(const TargetSettings&) const = default;
};

struct DeadMansSwitchSettings {
  Secret url;
  Millis every{};
  bool operator==(const DeadMansSwitchSettings&) const = default;
};

// How much history of ended sessions stays.
struct Retention {
  Millis age{};
  std::optional<std::int64_t> bytes_max{};  // of the store's pages in use; above it the oldest go
  Millis kept_always{0};  // what ended within it stays at any size, since a budget may count it
  bool operator==(const Retention&) const = default;
};

struct Settings {
  std::string path;    // of the file that was read
  std::string sha256;  // of its bytes, hex
  std::string store_path;
  Retention retention;
  Millis commit_patience{};  // how long the loop waits for a commit before it goes on without the store
  StatusSettings status;
  std::optional<WebhookSettings> webhook;
  std::map<ProviderName, ProviderSettings> providers;
  std::map<TargetName, TargetSettings> targets;
  std::optional<DeadMansSwitchSettings> dead_mans_switch;
  std::shared_ptr<const Config> config;
  bool operator==(const Settings&) const = default;  // the same Config, not an equal one
};

}  // namespace keeper
