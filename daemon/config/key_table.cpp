#include "config/key_table.h"

#include "config/provider_kind.h"
#include "config/types.h"

namespace keeper::config {
namespace {

using namespace types;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Millis year{days{365}};

const Section& tls_section() {
  static const Section section{"tls",
                               {
                                   {.name = "certificate_file",
                                    .types = {of(Kind::path)},
                                    .doc = "PEM chain, the server's own certificate first.",
                                    .required = true},
                                   {.name = "key_file",
                                    .types = {of(Kind::path)},
                                    .doc = "The private key of that certificate, PEM, not encrypted.",
                                    .required = true},
                               }};
  return section;
}

const Section& price_section() {
  static const Section section{
      "price",
      {
          {.name = "per_hour",
           .types = {of(Kind::number)},
           .doc = "Price of a session's hour.",
           .required = true},
          {.name = "minimum", .types = {of(Kind::duration)}, .doc = "The least time that is billed."},
          {.name = "increment",
           .types = {duration(Millis{0}, year)},
           .doc = "Each begun one is billed, such as 1m; without it what was lived."},
          {.name = "currency", .types = {of(Kind::text)}, .doc = "The currency, such as USD."},
      }};
  return section;
}

const Section& dead_mans_switch_section() {
  static const Section section{
      "dead_mans_switch",
      {
          {.name = "url", .types = {of(Kind::secret)}, .doc = "What is called while all is well."},
          {.name = "every",
           .types = {duration(Seconds{1}, year)},
           .doc = "How often it is called.",
           .required = true},
      }};
  return section;
}

}  // namespace

const Section& store_section() {
  static const Section section{
      "store",
      {
          {"path",
           {of(Kind::path)},
           "$STATE_DIRECTORY/session-keeper.db",
           "The SQLite file of all sessions. A relative path begins at this file, as all paths here do."},
          {.name = "url",
           .types = {of(Kind::path)},
           .doc = "A PostgreSQL database instead of a file, for daemons on several machines: "
                  "postgresql://keeper@pg1,pg2/keeper."},
          {.name = "password", .types = {of(Kind::secret)}, .doc = "Of the database's user."},
          {"schema", {of(Kind::text)}, "session_keeper", "Where in the database; each keeper has its own."},
          {"durability",
           {choice({"replicated", "local", "managed"})},
           "replicated",
           "What keeps a commit when the database's machine is lost: a synchronous standby, nothing, or what "
           "the database's operator promises."},
          {"retention",
           {duration(hours{1}, days{36500})},
           "90d",
           "How long ended sessions and their history stay."},
          {.name = "max_size",
           .types = {of(Kind::size)},
           .doc = "Above it the oldest ended sessions go, whatever retention says; but none "
                  "that a budget's period may still count."},
          {"commit_patience",
           {duration(Millis{100}, minutes{1})},
           "2s",
           "A write that takes longer is an outage of the store: heartbeats go on without it, "
           "and nothing that it covers leaves before it is on disk."},
      }};
  return section;
}

const Section& cluster_section() {
  static const Section section{
      "cluster",
      {
          {.name = "node",
           .types = {of(Kind::path)},
           .doc = "This daemon's name among those of the database; the machine's host name by default."},
          {"lease",
           {duration(Seconds{3}, minutes{1})},
           "10s",
           "How long the others wait for a leader that is not heard of."},
          {"pause_allowance",
           {duration(Seconds{5}, hours{1})},
           "60s",
           "How long a leader that was paused may still send a start that it had begun."},
      }};
  return section;
}

const Section& status_section() {
  static const Section section{
      "status",
      {
          {"listen",
           {of(Kind::address)},
           "127.0.0.1:8470",
           "Where the status page, API and metrics are served."},
          {"allow_remote", {of(Kind::boolean)}, "false", "Allows an address that is not loopback."},
          {"allowed_hosts",
           {list_of(Kind::text)},
           "",
           "Names, beside loopback, that a request's Host may have."},
      }};
  return section;
}

const Section& webhook_section() {
  static const Section section{
      "webhook",
      {
          {"listen", {of(Kind::address)}, "127.0.0.1:8471", "Where deliveries are received."},
          {.name = "public_url",
           .types = {of(Kind::url)},
           .doc = "What providers call; /hooks/<provider> is appended.",
           .required = true},
          {.name = "tls",
           .types = {map_of(tls_section())},
           .doc = "Serve https. A reload reads the files anew."},
          {.name = "tokens_file",
           .types = {of(Kind::path)},
           .doc = "Tokens, one a line: then the path is /hooks/<provider>/<token>. The first is what "
                  "providers are told; "
                  "all are accepted."},
          {.name = "trusted_proxies",
           .types = {list_of(Kind::text)},
           .doc = "IP addresses that may open any number of connections, as loopback may."},
      }};
  return section;
}

const Section& target_section() {
  static const Section section{
      "notification",
      {
          {.name = "url", .types = {of(Kind::text)}, .doc = "The URL that messages are posted to."},
          {.name = "url_file",
           .types = {of(Kind::path)},
           .doc = "A file with that URL, where the URL itself is a secret."},
          {.name = "secret", .types = {of(Kind::secret)}, .doc = "What a notification is signed with."},
          {.name = "events",
           .types = {list_of(Kind::text)},
           .doc = "The events that are told; left out: all."},
          {"repeat_interval",
           {duration(minutes{1}, year)},
           "4h",
           "After how long an event that lasts is told again."},
      }};
  return section;
}

const Section& budget_section() {
  static const Section section{
      "budget",
      {
          {.name = "max_session_time",
           .types = {of(Kind::duration)},
           .doc = "How long the sessions may live in a period, added up."},
          {.name = "max_cost",
           .types = {of(Kind::number)},
           .doc = "What the sessions may cost in a period, in the currency of the prices."},
          {.name = "period",
           .types = {duration(minutes{1}, year)},
           .doc = "The length of a period. Periods are counted from 1970-01-01 in UTC.",
           .required = true},
          {"soft", {of(Kind::percent)}, "80%", "The part of the budget from which on a warning is sent."},
      }};
  return section;
}

const Section& provider_section() {
  static const Section section{
      "provider",
      {
          {.name = "api_key", .types = {of(Kind::secret)}, .doc = "The account's key."},
          {.name = "base_url",
           .types = {of(Kind::url)},
           .doc = "The server to call instead of the provider's own."},
          {"request_timeout", {duration(Seconds{1}, minutes{10})}, "30s", "Limit of one call as a whole."},
          {.name = "rate_limit",
           .types = {of(Kind::rate)},
           .doc = "Calls per time, such as 60/1m. Sonoran: 27/1m for each call, cancel 9/1m."},
          {"max_concurrent",
           {integer(1, 10'000)},
           "16",
           "Calls in flight; starts at Notte go one at a time."},
          {.name = "poll_interval",
           .types = {duration(Seconds{1}, hours{24})},
           .doc = "How often a live session is read; by provider when left out."},
          {.name = "ca_file",
           .types = {of(Kind::path)},
           .doc = "PEM file of the authorities to trust instead of the system's."},
          {"allow_http", {of(Kind::boolean)}, "false", "Allows plain http beyond loopback."},
          {"proxy",
           {choice({"none", "env"}), of(Kind::url), of(Kind::secret)},
           "none",
           "The proxy to call it by, such as http://proxy:3128; env: https_proxy and no_proxy."},
          {"http_version",
           {choice({"1.1", "auto"})},
           "1.1",
           "auto: HTTP/2 where the server offers it, with all calls on one connection."},
          {.name = "price", .types = {map_of(price_section())}, .doc = "What a session costs."},
          {.name = "budget",
           .types = {map_of(budget_section())},
           .doc = "The budget of all plans at this provider."},
          {.name = "orphans",
           .types = {choice({"stop", "adopt", "report"})},
           .preset = "stop",
           .doc = "What is done with a session at the provider that is ours and that no session here stands "
                  "for."},
      }};
  return section;
}

namespace {

std::vector<Key> root_keys(const Section& providers) {
  return {
      {.name = "store", .types = {map_of(store_section())}, .doc = "The durable ledger."},
      {.name = "cluster",
       .types = {map_of(cluster_section())},
       .doc = "This daemon among those on other machines; needs store.url."},
      {.name = "status", .types = {map_of(status_section())}, .doc = "The status listener."},
      {.name = "webhook",
       .types = {map_of(webhook_section())},
       .doc = "The webhook listener. Left out: sessions are followed by polling alone."},
      {.name = "providers", .types = {names_to(providers)}, .doc = "Accounts at providers, by name."},
      {.name = "defaults",
       .types = {map_of(defaults_section())},
       .doc = "For every plan that does not say otherwise."},
      {.name = "plans", .types = {names_to(plan_section())}, .doc = "What to keep alive and when, by name."},
      {.name = "budget", .types = {map_of(budget_section())}, .doc = "The budget of all plans."},
      {.name = "notifications",
       .types = {list_of(target_section()), names_to(target_section())},
       .doc = "Who is told of events: targets, by name."},
      {.name = "dead_mans_switch",
       .types = {map_of(dead_mans_switch_section())},
       .doc = "Calls a monitor that alarms when the calls stay away."},
  };
}

}  // namespace

Sections::Sections(const ProviderKinds& kinds) {
  provider_.name = "provider";
  std::vector<std::string_view> words;
  for (const ProviderKind* kind : kinds) words.push_back(kind->type);
  provider_.keys = {{.name = "type",
                     .types = {types::choice(std::move(words))},
                     .doc = "Which API it speaks.",
                     .required = true}};
  const std::vector<Key>& common = provider_section().keys;
  provider_.keys.insert(provider_.keys.end(), common.begin(), common.end());
  for (const ProviderKind* kind : kinds)
    provider_.keys.insert(provider_.keys.end(), kind->keys.begin(), kind->keys.end());
  root_.name = "configuration";
  root_.keys = root_keys(provider_);
  for (const ProviderKind* kind : kinds)
    sessions_.insert(sessions_.end(), kind->sessions.begin(), kind->sessions.end());
}

const Key* Section::find(std::string_view key) const {
  for (const Key& known : keys) {
    if (known.name == key) return &known;
  }
  return nullptr;
}

}  // namespace keeper::config
