#include "base/text.h"
#include "config/readers.h"
#include "config/value.h"

namespace keeper::config {
namespace {

class ProviderReader {
 public:
  ProviderReader(const Entry& entry, Outside& outside, Problems& problems)
      : entry_(entry), node_(entry.value), outside_(outside), problems_(problems) {}

  std::optional<ProviderRead> read() {
    const auto type = type_of();
    if (!type) return std::nullopt;
    settings_.name = ProviderName(entry_.key);
    settings_.type = *type;
    if (text_at(node_, "dialect") == "legacy") settings_.dialect = NotteDialect::legacy;
    refuse_foreign_keys();
    read_credentials();
    read_url();
    read_limits();
    if (settings_.type == ProviderType::http) {
      const Node* http = value_at(node_, "http");
      if (http == nullptr) need("'http', which describes its calls");
      if (http != nullptr && http->is_map()) settings_.description = read_description(*http, problems_);
    }
    settings_.webhook_public_key = outside_.file(node_, "webhook_public_key_file", 64 * 1024);
    if (const Node* ca_file = value_at(node_, "ca_file"); ca_file != nullptr && ca_file->is_scalar()) {
      outside_.file(node_, "ca_file", 16 * 1024 * 1024);
      settings_.ca_file = outside_.expand(*ca_file);
    }
    std::string source = settings_.type == ProviderType::videosdk && node_.find("token") != nullptr
                             ? source_of(node_, "token")
                             : source_of(node_, "api_key");
    return ProviderRead{std::move(settings_), std::move(source)};
  }

 private:
  std::optional<ProviderType> type_of() const {
    const auto text = text_at(node_, "type");
    for (const ProviderType type : {ProviderType::videosdk, ProviderType::notte, ProviderType::sonoran_cms,
                                    ProviderType::http}) {
      if (text == to_string(type)) return type;
    }
    return std::nullopt;
  }

  bool has_secret(const std::string& key) const {
    return node_.find(key) != nullptr || node_.find(key + "_file") != nullptr;
  }

  std::string owner() const { return "provider '" + printable(entry_.key, 60) + "'"; }

  void refuse_foreign_keys() {
    for (const std::string_view key :
         {"secret", "secret_file", "token", "token_file", "webhook_public_key_file"}) {
      const Entry* entry = node_.entry(key);
      if (entry != nullptr && settings_.type != ProviderType::videosdk) {
        problems_.error(entry->place, "'" + entry->key + "' is only for type videosdk");
      }
    }
    const Entry* http = node_.entry("http");
    if (http != nullptr && settings_.type != ProviderType::http) {
      problems_.error(http->place, "'http' is only for type http");
    }
    const Entry* dialect = node_.entry("dialect");
    if (dialect != nullptr && settings_.type != ProviderType::notte) {
      problems_.error(dialect->place, "'dialect' is only for type notte");
    }
  }

  void read_credentials() {
    settings_.api_key = outside_.secret(node_, "api_key");
    if (settings_.type != ProviderType::videosdk) {
      const bool is_open = settings_.type == ProviderType::http;
      if (!has_secret("api_key") && !is_open) need("'api_key_file' (or 'api_key: ${ENV_NAME}')");
      return;
    }
    settings_.secret = outside_.secret(node_, "secret");
    settings_.token = outside_.secret(node_, "token");
    const bool key = has_secret("api_key");
    const bool secret = has_secret("secret");
    if (has_secret("token")) {
      if (key || secret)
        problems_.error(entry_.place, owner() + ": give either token, or api_key and secret");
    } else if (!key && !secret) {
      need("'api_key' and 'secret', or 'token' (each as x_file: PATH or x: ${ENV_NAME})");
    } else if (!key) {
      need("'api_key' beside 'secret'");
    } else if (!secret) {
      need("'secret' beside 'api_key'");
    }
  }

  void need(const std::string& what) { problems_.error(entry_.place, owner() + " needs " + what); }

  void read_url() {
    settings_.allow_http = bool_at(node_, "allow_http").value_or(false);
    const Node* node = value_at(node_, "base_url");
    if (node == nullptr) {
      if (settings_.dialect == NotteDialect::legacy) need("'base_url' with dialect legacy");
      if (settings_.type == ProviderType::http) need("'base_url'");
      settings_.base_url = default_base_url(settings_.type);
      return;
    }
    const auto url = to_url(*node);
    if (!url) return;
    settings_.base_url = url->text;
    if (!url->secure && !settings_.allow_http && !is_loopback(url->host)) {
      problems_.error(
          node->place,
          "'base_url' would send the credentials in the clear: use https, or set allow_http: true");
    }
  }

  void read_limits() {
    if (const auto limit = duration_at(node_, "request_timeout")) settings_.request_timeout = *limit;
    settings_.poll_interval = duration_at(node_, "poll_interval");
    if (const Node* rate = value_at(node_, "rate_limit")) settings_.rate_limit = to_rate(*rate);
    if (const auto orphans = text_at(node_, "orphans")) {
      settings_.orphans = *orphans == "adopt"    ? Orphans::adopt
                          : *orphans == "report" ? Orphans::report
                                                 : Orphans::stop;
    }
    if (const auto calls = int_at(node_, "max_concurrent")) settings_.max_concurrent = *calls;
  }

  const Entry& entry_;
  const Node& node_;
  Outside& outside_;
  Problems& problems_;
  ProviderSettings settings_;
};

}  // namespace

std::optional<ProviderRead> read_provider(const Entry& entry, Outside& outside, Problems& problems) {
  return ProviderReader(entry, outside, problems).read();
}

}  // namespace keeper::config
