#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/digest.h"
#include "base/server_tls.h"
#include "base/text.h"
#include "config/config.h"
#include "config/descriptions.h"
#include "config/document.h"
#include "config/readers.h"
#include "config/secrets.h"
#include "config/shape.h"
#include "config/value.h"
#include "schedule/zone.h"

namespace keeper {
namespace config {
namespace {

constexpr std::size_t file_bytes_max = 16 * 1024 * 1024;
// What the configuration's file and all files that it names may take together.
constexpr Seconds read_limit{10};

// However it is written, and an IPv4 address as the IPv6 one that is mapped to it.
in6_addr number_of(const std::string& host) {
  in6_addr number{};
  const std::string text = host == "localhost" ? "127.0.0.1" : host;
  if (inet_pton(AF_INET6, text.c_str(), &number) != 1)
    static_cast<void>(inet_pton(AF_INET6, ("::ffff:" + text).c_str(), &number));
  return number;
}

// An address that stands for all of its kind takes the port of each; [::] takes IPv4 addresses as well.
bool takes_port_of(const in6_addr& one, const in6_addr& other) {
  const in6_addr any_v4 = number_of("0.0.0.0");
  if (IN6_IS_ADDR_UNSPECIFIED(&one) || IN6_ARE_ADDR_EQUAL(&one, &other)) return true;
  return IN6_ARE_ADDR_EQUAL(&one, &any_v4) && IN6_IS_ADDR_V4MAPPED(&other);
}

bool take_same_port(const Address& one, const Address& other) {
  if (one.port != other.port || one.port == 0) return false;
  const in6_addr first = number_of(one.host);
  const in6_addr second = number_of(other.host);
  return takes_port_of(first, second) || takes_port_of(second, first);
}

class Loader {
 public:
  Loader(const std::string& path, const Node& root, const ProviderKinds& kinds, const LoadOptions& options,
         FileReader& files, Problems& problems)
      : root_(root),
        kinds_(kinds),
        options_(options),
        problems_(problems),
        outside_(path, options, files, problems) {}

  Settings read() {
    Settings settings;
    read_store(settings);
    read_status(settings.status);
    read_webhook(settings);
    auto config = std::make_shared<Config>();
    std::map<ProviderName, ProviderRead> providers = read_providers();
    const Wall now = options_.now ? *options_.now : wall_now();
    config->plans = read_plans(root_, providers, outside_, now, problems_);
    for (auto& [name, provider] : providers) {
      config->providers[name] = provider.traits;
      settings.providers[name] = std::move(provider.settings);
    }
    config->stop_timeout = default_stop_timeout(root_);
    read_money(root_, settings.retention.age, *config, problems_);
    for (const auto& [key, budget] : config->budgets) {
      settings.retention.kept_always = std::max(settings.retention.kept_always, budget.period);
    }
    read_notifications(root_, outside_, settings, *config, problems_);
    settings.config = std::move(config);
    return settings;
  }

 private:
  const Node* section(std::string_view key) const {
    const Node* node = value_at(root_, key);
    return node != nullptr && node->is_map() ? node : nullptr;
  }

  const Node& section_or_empty(std::string_view key) const {
    const Node* node = section(key);
    return node != nullptr ? *node : empty_map();
  }

  // The default names systemd's variable, which may hold several directories. Outside of a unit it stands for
  // the unit's own directory, so that the same file means the same store from wherever the program is run.
  std::string default_store_path() const {
    constexpr std::string_view variable = "$STATE_DIRECTORY";
    const std::string state = options_.variable("STATE_DIRECTORY").value_or("");
    const std::string directory =
        state.empty() ? "/var/lib/session-keeper" : state.substr(0, state.find(':'));
    return default_of(store_section(), "path").text.replace(0, variable.size(), directory);
  }

  void read_store(Settings& settings) {
    namespace fs = std::filesystem;
    const Node& store = section_or_empty("store");
    settings.store_path = default_store_path();
    settings.database = read_database(store, section_or_empty("cluster"), outside_, problems_);
    settings.retention.age = duration_or_default(store, store_section(), "retention");
    settings.commit_patience = duration_or_default(store, store_section(), "commit_patience");
    if (const Node* size = value_at(store, "max_size")) settings.retention.bytes_max = to_size(*size);
    const Node* path = value_at(store, "path");
    if (path != nullptr && path->is_scalar()) {
      outside_.check_variables("path", *path, Outside::Empty::refused);
      settings.store_path = outside_.path(*path);
    }
    settings.directory = fs::path(settings.store_path).parent_path().string();
    if (settings.database) {
      settings.database->directory = settings.directory;
      settings.store_path.clear();
    }
  }

  void read_status(StatusSettings& status) {
    const Node& node = section_or_empty("status");
    status.allow_remote = bool_or_default(node, status_section(), "allow_remote");
    if (const Node* hosts = value_at(node, "allowed_hosts")) {
      for (const Node& host : hosts->items) status.allowed_hosts.push_back(host.text);
    }
    status.listen = address_or_default(node, status_section(), "listen");
    if (!is_loopback(status.listen.host) && !status.allow_remote) {
      problems_.error(value_at(node, "listen")->place,
                      "'listen' " + to_string(status.listen) +
                          " is not loopback: use 127.0.0.1, or set allow_remote: true");
    }
  }

  void read_webhook(Settings& settings) {
    const Node* node = section("webhook");
    if (node == nullptr) return;
    WebhookSettings& webhook = settings.webhook.emplace();
    const Node* listen = value_at(*node, "listen");
    webhook.listen = address_or_default(*node, webhook_section(), "listen");
    if (take_same_port(webhook.listen, settings.status.listen)) {
      problems_.error(listen != nullptr ? listen->place : root_.entry("webhook")->place,
                      "'listen' " + to_string(webhook.listen) + " takes the port of the status listener, " +
                          to_string(settings.status.listen) + "; give it another one");
    }
    read_certificate(*node, webhook);
    read_tokens(*node, webhook);
    read_proxies(*node, webhook);
    const Node* url = value_at(*node, "public_url");
    if (const auto parsed = url != nullptr ? to_url(*url) : std::nullopt) webhook.public_url = parsed->text;
  }

  void read_certificate(const Node& node, WebhookSettings& webhook) {
    constexpr std::size_t bytes_max = 256 * 1024;
    constexpr std::chrono::days notice{14};
    const Node* tls = value_at(node, "tls");
    if (tls == nullptr || !tls->is_map()) return;
    ServerCertificate read{outside_.file(*tls, "certificate_file", bytes_max),
                           Secret(outside_.file(*tls, "key_file", bytes_max))};
    if (read.chain.empty() || read.key.empty()) return;
    const Place place = value_at(*tls, "certificate_file")->place;
    const Result<ServerTls> made = make_server_tls(read.chain, read.key);
    if (!made) return problems_.error(place, "'tls': " + made.error().what);
    if (made->valid_until < wall_now() + notice) {
      problems_.warning(place,
                        "'tls': the certificate " +
                            std::string(made->valid_until < wall_now() ? "expired at " : "expires at ") +
                            to_rfc3339(made->valid_until) + "; renew it, then reload");
    }
    webhook.certificate = std::move(read);
  }

  // They stand in the path of a URL.
  void read_tokens(const Node& node, WebhookSettings& webhook) {
    constexpr std::size_t token_bytes_min = 16;
    const Node* path = value_at(node, "tokens_file");
    if (path == nullptr || !path->is_scalar()) return;
    const std::string content = outside_.file(node, "tokens_file", 64 * 1024);
    std::size_t from = 0;
    while (from < content.size()) {
      const std::size_t end = std::min(content.find('\n', from), content.size());
      std::string token = content.substr(from, end - from);
      from = end + 1;
      if (token.ends_with('\r')) token.pop_back();
      if (token.empty()) continue;
      const bool plain =
          token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") ==
          std::string::npos;
      if (!plain || token.size() < token_bytes_min) {
        problems_.error(
            path->place,
            "'tokens_file' must hold tokens of at least 16 of the characters A-Z a-z 0-9 - . _ ~, "
            "one a line");
        return;
      }
      webhook.tokens.emplace_back(std::move(token));
    }
  }

  void read_proxies(const Node& node, WebhookSettings& webhook) {
    const Node* proxies = value_at(node, "trusted_proxies");
    if (proxies == nullptr) return;
    for (const Node& proxy : proxies->items) {
      if (!is_ip_address(proxy.text)) {
        problems_.error(proxy.place, "'trusted_proxies' must be IP addresses such as 127.0.0.1, not '" +
                                         printable(proxy.text, 60) + "'");
      }
      webhook.trusted_proxies.push_back(proxy.text);
    }
  }

  std::map<ProviderName, ProviderRead> read_providers() {
    std::map<ProviderName, ProviderRead> providers;
    const Node* named = section("providers");
    if (named == nullptr) return providers;
    for (const Entry& entry : named->entries) {
      if (!entry.value.is_map()) continue;
      if (auto provider = read_provider(entry, kinds_, outside_, problems_)) {
        providers.emplace(ProviderName(entry.key), std::move(*provider));
      }
    }
    return providers;
  }

  const Node& root_;
  const ProviderKinds& kinds_;
  const LoadOptions& options_;
  Problems& problems_;
  Outside outside_;
};

std::optional<Settings> load(const std::string& path, const ProviderKinds& kinds, const LoadOptions& options,
                             Problems& problems) {
  // All plans get the rules of their zones as they are now.
  const ZoneSnapshot zones;
  FileReader files(read_limit);
  const auto bytes = options.text ? Result<std::string>(*options.text)
                                  : files.read(path, file_bytes_max, path, FileReader::Kind::file_or_pipe);
  if (!bytes.ok()) {
    problems.error({}, bytes.error().what);
    return std::nullopt;
  }
  auto root = parse_document(*bytes, problems);
  if (!root) return std::nullopt;
  const std::string hash = config_hash(*root);
  use_descriptions(*root, options, files, problems);
  check_section(*root, Sections(kinds).root(), "the configuration", root->place, problems);
  Settings settings = Loader(path, *root, kinds, options, files, problems).read();
  if (problems.errors() > 0) return std::nullopt;
  settings.path = path;
  settings.sha256 = sha256_hex(*bytes);
  if (settings.database) settings.database->config_hash = hash;
  return settings;
}

}  // namespace
}  // namespace config

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

LoadOutcome load_settings(const std::string& path, const config::ProviderKinds& kinds,
                          const LoadOptions& options) {
  config::Problems problems(path);
  LoadOutcome outcome;
  try {
    outcome.settings = config::load(path, kinds, options, problems);
  } catch (const std::exception& failure) {
    problems.error({}, std::string("cannot be loaded: ") + failure.what());
    outcome.settings.reset();
  }
  outcome.problems = problems.sorted();
  return outcome;
}

}  // namespace keeper
