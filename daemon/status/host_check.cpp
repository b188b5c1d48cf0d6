#include "status/host_check.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace keeper {
namespace {

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The host without its port; empty when the text is no "host[:port]".
std::string_view without_port(std::string_view host) {
  const std::size_t from = host.starts_with('[') ? host.find(']') : 0;
  if (from == std::string_view::npos) return {};
  const std::size_t colon = host.find(':', from);
  if (colon == std::string_view::npos) return host;
  if (!is_port(host.substr(colon + 1))) return {};
  return host.substr(0, colon);
}

bool is_loopback(const std::string& name) {
  if (name == "localhost" || name == "[::1]") return true;
  in_addr address{};
  return inet_pton(AF_INET, name.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127U;
}

}  // namespace

bool is_host_allowed(std::string_view host, const std::vector<std::string>& allowed) {
  const std::string name = lower_case(without_port(host));
  if (name.empty()) return false;
  if (is_loopback(name)) return true;
  const std::string whole = lower_case(host);
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& each) {
    const std::string one = lower_case(each);
    return one == name || one == whole;
  });
}

bool is_origin_allowed(std::string_view origin, const std::vector<std::string>& allowed) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return is_host_allowed(origin.substr(scheme.size()), allowed);
  }
  return false;
}

}  // namespace keeper
