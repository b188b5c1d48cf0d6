// HTTP client: HTTP/1.1 calls to one origin. Each call has one deadline for the name, the connection, TLS,
// the request and the answer together, and a limit on the answer's size. Connections are kept for the next
// call. The client never follows a redirect and never repeats a request that may have been acted on. It
// speaks TLS 1.2 or newer, and only to a server whose certificate names the host in its SAN. Any thread may
// call it, and none is blocked: the calls are made by the one thread of Transfers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/confirmation.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"
#include "net/ca_file.h"
#include "net/resolver.h"

namespace keeper {

struct HttpRequest {
  std::string method;
  std::string target;  // path and query
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};  // JSON; empty: none
  std::size_t body_bytes_max = std::size_t{1} << 20U;
  // Of a success only the beginning is kept, which tells an API's answer from a page; an error's body says
  // why.
  bool discard_body = false;
  // How long a kept connection may have been idle. Where the server closes it just as the request leaves,
  // that looks the same as a request that was acted on, and the longer it was idle the likelier that is.
  // Common servers close after 60 s or more. Zero: a connection of its own.
  std::chrono::milliseconds idle_max{std::chrono::seconds{55}};
  // Must admit the request in the last moment before its first byte leaves, each time. It outlives the call.
  // Null: nothing has to.
  Confirmation* confirmation = nullptr;
};

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

// The first value of a header; its name may be in any case.
std::optional<std::string_view> header_in(const HeaderLines& headers, std::string_view name);

struct HttpResponse {
  int status = 0;
  std::string body;
  HeaderLines headers;
  std::string cut_short;  // why the body is incomplete; empty: it is complete

  std::optional<std::string_view> header(std::string_view name) const { return header_in(headers, name); }
};

struct Url {
  bool tls = false;
  std::string host;  // without brackets
  int port = 0;
  std::string path;       // as it is written; may be empty
  std::string authority;  // as it goes into Host
  std::string origin() const { return (tls ? "https://" : "http://") + authority; }
};

// http and https only, without user, query or fragment.
std::optional<Url> parse_url(std::string_view text);
bool is_loopback(const Url& url);

struct Proxy {
  Url url;
  Secret text;  // with its user and password
};

struct HttpOptions {
  Url url;
  std::string ca_file{};         // PEM; empty: the system's authorities
  std::optional<Proxy> proxy{};  // net/proxy.h; never used for a loopback origin
  bool http2 = false;            // where an https server agrees to it
};

// The proxy or else the origin.
const Url& connected_to(const HttpOptions& options);

class Transfers;

class HttpClient {
 public:
  // `transfers`: who makes the calls; null: the one of the process.
  explicit HttpClient(HttpOptions options, std::shared_ptr<Transfers> transfers = nullptr);

  // Ends by the deadline. The client must live until then. Errors: not_applied where nothing was sent,
  // also where the request's confirmation did not admit it; cut_off where that is for want of a route,
  // maybe_applied where something was sent; denied for an unusable ca_file. A response whose head came is no
  // error, however short its body.
  Task<Result<HttpResponse>> call(HttpRequest request, CallDeadline deadline);

 private:
  const HttpOptions options_;  // the proxy only where it is used
  const std::shared_ptr<Transfers> transfers_;
  Resolver resolver_;
  CaFile ca_file_;
};

}  // namespace keeper
