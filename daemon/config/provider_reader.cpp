#include "base/text.h"
#include "config/provider_kind.h"
#include "config/readers.h"
#include "config/value.h"

namespace keeper::config {
namespace {

const ProviderKind* kind_of(const Node& node, const ProviderKinds& kinds) {
  const auto type = text_at(node, "type");
  for (const ProviderKind* kind : kinds) {
    if (type == kind->type) return kind;
  }
  return nullptr;
}

void refuse_foreign_keys(const Node& node, const ProviderKind& own, const ProviderKinds& kinds,
                         Problems& problems) {
  for (const ProviderKind* kind : kinds) {
    if (kind == &own) continue;
    for (const Key& key : kind->keys) {
      const std::string name(key.name);
      const bool is_secret = key.types[0].kind == Kind::secret;
      const Entry* entry = node.entry(name);
      if (entry == nullptr && is_secret) entry = node.entry(name + "_file");
      if (entry == nullptr) continue;
      problems.error(entry->place, "'" + entry->key + "' is only for type " + std::string(kind->type));
    }
  }
}

void read_url(const ProviderReading& reading, const ProviderKind& kind) {
  ProviderSettings& settings = reading.settings;
  settings.allow_http = bool_or_default(reading.node(), provider_section(), "allow_http");
  const Node* node = value_at(reading.node(), "base_url");
  if (node == nullptr) {
    if (kind.base_url.empty()) reading.need("'base_url'");
    settings.base_url = kind.base_url;
    return;
  }
  const auto url = to_url(*node);
  if (!url) return;
  settings.base_url = url->text;
  if (!url->secure && !settings.allow_http && !is_loopback(url->host)) {
    reading.problems.error(
        node->place,
        "'base_url' would send the credentials in the clear: use https, or set allow_http: true");
  }
}

// "http://user:password@host:port", also without the user.
bool is_proxy(Node node) {
  constexpr std::size_t scheme = std::string_view("http://").size();
  const std::size_t at = node.text.rfind('@');
  if (at != std::string::npos && at >= scheme) node.text.erase(scheme, at + 1 - scheme);
  const auto url = to_url(node);
  return url && !url->secure && url->text.find('/', scheme) == std::string::npos;
}

// A URL that holds a password comes by ${NAME}.
void read_route(const Node& node, Outside& outside, ProviderSettings& settings, Problems& problems) {
  settings.http2 = choice_or_default(node, provider_section(), "http_version") == "auto";
  const Node* proxy = value_at(node, "proxy");
  settings.proxy = Secret("none");
  if (proxy == nullptr || !proxy->is_scalar()) return;
  settings.proxy = variable_name(proxy->text) ? outside.secret(node, "proxy") : Secret(proxy->text);
  Node given = *proxy;
  given.text = settings.proxy.reveal();
  const bool is_complained_of = given.text.empty() || (!variable_name(proxy->text) && !to_url(*proxy));
  if (given.text != "none" && given.text != "env" && !is_complained_of && !is_proxy(given))
    problems.error(proxy->place, "'proxy' must be none, env or an http:// URL such as http://proxy:3128");
}

void read_limits(const Node& node, const ProviderKind& kind, ProviderSettings& settings) {
  settings.request_timeout = duration_or_default(node, provider_section(), "request_timeout");
  settings.max_concurrent = int_or_default(node, provider_section(), "max_concurrent");
  settings.poll_interval = duration_at(node, "poll_interval");
  if (const Node* rate = value_at(node, "rate_limit")) settings.rate_limit = to_rate(*rate);
  const std::string orphans = choice_or_default(node, provider_section(), "orphans");
  settings.orphans = orphans == "adopt"    ? Orphans::adopt
                     : orphans == "report" ? Orphans::report
                                           : Orphans::stop;
  settings.limits =
      kind.limits != nullptr ? kind.limits(settings) : CallLimits{settings.rate_limit, {}, false};
}

// The provider's facts, with what the settings change of them.
Traits traits_of(const ProviderKind& kind, const ProviderSettings& settings) {
  Traits traits = kind.traits(settings);
  traits.request_timeout = settings.request_timeout;
  traits.max_concurrent = settings.max_concurrent;
  traits.orphans = settings.orphans;
  // Polling takes at most half of what there is for reads.
  const CallLimits& limits = settings.limits;
  if (limits.each_call && limits.calls) traits.watch_spacing = limits.calls->window * 2 / limits.calls->calls;
  if (settings.poll_interval) traits.poll_interval = *settings.poll_interval;
  return traits;
}

}  // namespace

bool ProviderReading::has_secret(const std::string& key) const {
  return node().find(key) != nullptr || node().find(key + "_file") != nullptr;
}

std::string ProviderReading::owner() const { return "provider '" + printable(entry.key, 60) + "'"; }

void ProviderReading::need(const std::string& what) const {
  problems.error(entry.place, owner() + " needs " + what);
}

std::optional<ProviderRead> read_provider(const Entry& entry, const ProviderKinds& kinds, Outside& outside,
                                          Problems& problems) {
  const Node& node = entry.value;
  ProviderRead read;
  read.kind = kind_of(node, kinds);
  if (read.kind == nullptr) return std::nullopt;
  const ProviderKind& kind = *read.kind;
  ProviderSettings& settings = read.settings;
  settings.name = ProviderName(entry.key);
  settings.type = ProviderType(std::string(kind.type));
  settings.api_key = outside.secret(node, "api_key");
  read.key_source = source_of(node, "api_key");
  refuse_foreign_keys(node, kind, kinds, problems);
  ProviderReading reading{entry, outside, problems, settings, read.key_source};
  if (kind.needs_api_key && !reading.has_secret("api_key"))
    reading.need("'api_key_file' (or 'api_key: ${ENV_NAME}')");
  read_url(reading, kind);
  if (kind.read != nullptr) kind.read(reading);
  read_limits(node, kind, settings);
  read_route(node, outside, settings, problems);
  if (const Node* ca_file = value_at(node, "ca_file"); ca_file != nullptr && ca_file->is_scalar()) {
    outside.file(node, "ca_file", 4 * 1024 * 1024);
    settings.ca_file = outside.path(*ca_file);
  }
  read.traits = traits_of(kind, settings);
  return read;
}

}  // namespace keeper::config
