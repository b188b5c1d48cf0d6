// Proxy: by which HTTP proxy an origin is called. A proxy is an http:// URL, which may hold a user and a
// password; the connection to an https origin runs through it by CONNECT, so that the proxy sees no request.
// Its text is never shown. The functions keep no state; any thread may call them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "net/http_client.h"

namespace keeper {

// "http://user:password@proxy:3128", also without the scheme or the user. Empty for anything else.
std::optional<Proxy> parse_proxy(std::string_view text);

// What https_proxy or HTTPS_PROXY (http_proxy for a plain origin) says, unless no_proxy or NO_PROXY names the
// host: "*", a host, or a domain with or without a dot before it, with commas between them. Empty: none.
Secret proxy_of_environment(const Url& origin);

}  // namespace keeper
