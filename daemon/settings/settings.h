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
#include "settings/database.h"

namespace keeper {

class CallRecorder;

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

// How a described list goes on after a page. A list whose answers do not show that it has ended proves no
// absence.
struct NextPage {
  enum class Form {
    unsaid,   // a list that is as long as a page may be is not shown to have ended
    whole,    // one answer is all there is
    page,     // a pointer to whether a further page follows, which {page} counts from 1
    cursor,   // the next {cursor}, which is empty at first
    last_id,  // the next {cursor} as well: a pointer into the last item
    offset,   // the next {offset}, which begins at 0
    total,    // a pointer to the count of the items of all pages
  };
  Form form = Form::unsaid;
  std::string where{};  // a JSON pointer, or a header's name in lower case; empty: the items are counted
  bool operator==(const NextPage&) const = default;
};

using Headers = std::map<std::string, std::string>;

// One call of a provider that is described in the configuration. Its path, its headers and the texts of its
// body are templates: see provider/described/marks.h.
struct DescribedCall {
  std::string method;
  std::string path;   // below base_url, with the query
  std::string body;   // a JSON template; empty: none
  std::string item;   // JSON pointer to the remote's object in the answer, or to the array of them for a list
  Headers headers{};  // beside those of every call, or in the place of one of them
  NextPage next{};    // of a list
  bool operator==(const DescribedCall&) const = default;
};

// How the webhook messages of a described provider are signed and read.
struct DescribedWebhook {
  enum class Scheme { standard_webhooks, hmac };
  enum class Encoding { hex, base64 };
  Scheme scheme = Scheme::standard_webhooks;
  Secret secret;
  std::string header;       // hmac: holds the signature, with or without "sha256=" before it
  std::string signed_text;  // hmac: {body} is the raw body, {header.NAME} another header's value
  Encoding encoding = Encoding::hex;
  std::string type, id;                       // JSON pointers into a message
  std::map<std::string, std::string> events;  // by the type: starting, started, stopping, stopped or failed
  bool operator==(const DescribedWebhook&) const = default;
};

// What a 404 or 410 says of a session that nobody asked to end. by_deadline: it timed out where a deadline
// that is known had passed, and else was closed.
enum class Gone { closed, timed_out, error, by_deadline };

// Where a remote's object says something: JSON pointers, of which the first counts at which anything stands.
// None: it is not told.
using Pointers = std::vector<std::string>;

// A provider as the configuration describes it (type http).
struct Description {
  DescribedCall start, status, stop;
  std::optional<DescribedCall> heartbeat;
  std::optional<DescribedCall> find;     // reads a session by an id of ours
  std::optional<DescribedCall> cleanup;  // of what has ended and is still billed
  std::vector<DescribedCall> list;       // all of them together show the sessions that live; none: no list
  int exists = 0;   // a start's status that says that its session is there: `find` reads it; 0: none does
  Headers headers;  // of every call
  std::string tag_in_start;  // where our session's id goes in the start's body; empty: nowhere
  Pointers id, native_status, created_at, last_activity_at, ended_at, expires_at, error, tag;
  Pointers idle_timeout, maximum;  // numbers of `duration_unit`
  Millis duration_unit{};
  std::optional<DescribedWebhook> webhook;
  std::map<std::string, State> states;        // by the provider's word
  std::map<std::string, Secret> credentials;  // beside api_key, by the name in {credential.NAME}
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
  Description description;                   // type http
  bool allow_http = false;                   // plain http beyond loopback
  std::shared_ptr<CallRecorder> recorder{};  // hears of each call; null: nobody does
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
  std::string path;                    // of the file that was read
  std::string sha256;                  // of its bytes, hex
  std::string store_path;              // empty where there is a database
  std::optional<PgSettings> database;  // the store of daemons on several machines, instead of a file
  std::string directory;               // of files of this daemon's own
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
