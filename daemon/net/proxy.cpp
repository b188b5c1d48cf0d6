#include "net/proxy.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace keeper {
namespace {

std::string_view variable(const char* name, const char* other) {
  const char* text = std::getenv(name);
  if (text == nullptr && other != nullptr) text = std::getenv(other);
  return text == nullptr ? std::string_view{} : std::string_view(text);
}

bool names_host(std::string_view entry, std::string_view host) {
  if (entry == "*") return true;
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty() || host.size() < entry.size()) return false;
  const std::size_t before = host.size() - entry.size();
  return equal_ignoring_case(host.substr(before), entry) && (before == 0 || host[before - 1] == '.');
}

bool is_excepted(std::string_view list, std::string_view host) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", "), list.size());
    if (names_host(list.substr(0, end), host)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

std::optional<Proxy> parse_proxy(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (equal_ignoring_case(text.substr(0, scheme.size()), scheme)) text.remove_prefix(scheme.size());
  const std::size_t at = text.rfind('@');
  const std::string user(at == std::string_view::npos ? std::string_view{} : text.substr(0, at + 1));
  std::string_view address = text.substr(user.size());
  if (address.ends_with('/')) address.remove_suffix(1);
  const bool has_scheme = text.find("://") != std::string_view::npos;
  const bool is_writable =
      std::all_of(user.begin(), user.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  const auto url = parse_url(std::string(scheme) + std::string(address));
  if (has_scheme || !is_writable || !url || !url->path.empty()) return std::nullopt;
  return Proxy{*url, Secret(std::string(scheme) + user + url->authority)};
}

Secret proxy_of_environment(const Url& origin) {
  if (is_excepted(variable("no_proxy", "NO_PROXY"), origin.host)) return {};
  // HTTP_PROXY may be a header of a CGI request, which is why nobody reads it.
  return Secret(
      std::string(origin.tls ? variable("https_proxy", "HTTPS_PROXY") : variable("http_proxy", nullptr)));
}

}  // namespace keeper
