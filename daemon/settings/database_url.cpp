#include "settings/database_url.h"

#include <libpq-fe.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string_view>

namespace keeper {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// False: libpq cannot read it.
bool read_options(const std::string& url, const std::function<void(const PQconninfoOption&)>& visit) {
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(url.c_str(), nullptr));
  if (!options) return false;
  for (const PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one) {
    if (one->val != nullptr) visit(*one);
  }
  return true;
}

bool is_of_variables(std::string_view text) {
  while (text.starts_with("${")) {
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
  return text.empty();
}

// What libpq says of a port that is none shows it.
bool are_ports(std::string_view list) {
  constexpr std::size_t digits_max = 5;
  while (true) {
    const std::string_view port = list.substr(0, list.find(','));
    const bool is_number = port.size() <= digits_max && port.find_first_not_of("0123456789") == port.npos;
    if (!is_number && !is_of_variables(port)) return false;
    if (port.size() == list.size()) return true;
    list.remove_prefix(port.size() + 1);
  }
}

// A name or a password may hold these. What comes after the first of them would be taken for a host's name,
// and shown as such.
bool has_stray_at(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = url.substr(scheme + 3);
  const std::string_view named = rest.substr(0, rest.find('?'));
  const std::size_t first = named.find('@');
  return first != std::string_view::npos &&
         (named.find('/') < first || named.find('@', first + 1) != std::string_view::npos);
}

}  // namespace

std::optional<std::map<std::string, std::string>> database_url_parts(const std::string& url) {
  std::map<std::string, std::string> parts;
  const bool is_read =
      read_options(url, [&](const PQconninfoOption& one) { parts.emplace(one.keyword, one.val); });
  const auto port = parts.find("port");
  if (!is_read || (port != parts.end() && !are_ports(port->second))) return std::nullopt;
  return parts;
}

bool holds_password(const std::string& url) {
  bool holds = false;
  read_options(url, [&](const PQconninfoOption& one) {
    const bool is_secret = std::string_view(one.dispchar) == "*";
    holds = holds || (is_secret && !is_of_variables(one.val));
  });
  return holds;
}

std::string database_url_fault(const std::string& url) {
  if (has_stray_at(url))
    return "has an '@' or a '/' before its hosts; in a name or a password write them as %40 and %2F";
  if (!database_url_parts(url))
    return "cannot be read; in a name or password write @ / ? : & % as %40 %2F %3F %3A %26 %25";
  return {};
}

}  // namespace keeper
