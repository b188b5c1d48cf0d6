#include "net/http_client.h"

#include <pthread.h>

#include <algorithm>
#include <charconv>
#include <csignal>

#include "base/text.h"
#include "net/http_connection.h"

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

// OpenSSL writes without MSG_NOSIGNAL.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  url.tls = equal_ignoring_case(text.substr(0, scheme), "https");
  if (!url.tls && !equal_ignoring_case(text.substr(0, scheme), "http")) return std::nullopt;
  text.remove_prefix(scheme + 3);
  if (text.find_first_of("?#@ \\") != std::string_view::npos) return std::nullopt;
  const std::size_t slash = std::min(text.find('/'), text.size());
  url.authority = text.substr(0, slash);
  url.path = text.substr(slash);
  while (!url.path.empty() && url.path.back() == '/') url.path.pop_back();

  std::string_view rest = url.authority;
  if (!rest.empty() && rest.front() == '[') {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    url.host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    url.host = rest.substr(0, colon);
    rest.remove_prefix(colon);
  }
  url.port = url.tls ? 443 : 80;
  if (!rest.empty()) {
    if (rest.front() != ':') return std::nullopt;
    const auto [end, failed] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), url.port);
    if (failed != std::errc{} || end != rest.data() + rest.size()) return std::nullopt;
  }
  if (url.host.empty() || url.port < 1 || url.port > 65535) return std::nullopt;
  return url;
}

bool is_loopback(const Url& url) {
  if (url.host == "localhost" || url.host == "::1") return true;
  // A name that merely begins like an address is none.
  return url.host.rfind("127.", 0) == 0 && url.host.find_first_not_of("0123456789.") == std::string::npos;
}

struct HttpClient::Kept {
  std::unique_ptr<HttpConnection> connection;
  Clock::time_point since;
};

HttpClient::HttpClient(HttpOptions options)
    : options_(std::move(options)), resolver_(options_.url.host, options_.url.port) {}

HttpClient::~HttpClient() = default;

Result<SSL_CTX*> HttpClient::tls_context() {
  if (!options_.url.tls) return static_cast<SSL_CTX*>(nullptr);
  return tls_.with([&](SslContext& context) -> Result<SSL_CTX*> {
    if (context) return context.get();
    auto made = make_tls_context(options_.ca_file);
    if (!made) return made.error();
    context = std::move(*made);
    return context.get();
  });
}

std::unique_ptr<HttpConnection> HttpClient::take_kept(std::chrono::milliseconds idle_max) {
  for (;;) {
    // The newest is the warmest; if it is too old, so are all.
    auto kept = kept_.with([idle_max](std::vector<Kept>& all) -> Kept {
      if (all.empty() || Clock::now() - all.back().since >= idle_max) return {};
      Kept newest = std::move(all.back());
      all.pop_back();
      return newest;
    });
    if (!kept.connection) return nullptr;
    if (kept.connection->is_reusable()) return std::move(kept.connection);
  }
}

void HttpClient::keep(std::unique_ptr<HttpConnection> connection) {
  if (!connection->is_reusable()) return;
  Kept oldest;  // closed after the lock
  kept_.with([&](std::vector<Kept>& all) {
    if (all.size() >= options_.kept_connections_max) {
      oldest = std::move(all.front());
      all.erase(all.begin());
    }
    all.push_back({std::move(connection), Clock::now()});
  });
}

Result<HttpResponse> HttpClient::call(const HttpRequest& request, CallDeadline deadline) {
  block_sigpipe();
  const auto tls = tls_context();
  if (!tls) return tls.error();
  const bool is_read = request.method == "GET";
  auto connection = take_kept(request.idle_max);
  for (;;) {
    const bool is_kept = connection != nullptr;
    if (!is_kept) {
      const auto endpoints = resolver_.resolve(deadline);
      if (!endpoints) return endpoints.error();
      connection = std::make_unique<HttpConnection>(options_.url);
      if (!connection->open(*endpoints, *tls, deadline)) {
        return Error{has_route(*endpoints) ? ErrorKind::not_applied : ErrorKind::cut_off,
                     "cannot connect to " + options_.url.authority + ": " + connection->failure()};
      }
    }
    HttpResponse response;
    if (connection->exchange(request, deadline, &response)) {
      keep(std::move(connection));
      return response;
    }
    const bool sent = connection->has_sent();
    // A kept connection that was closed just then: a read, or what never left, may go again (RFC
    // 9110, 9.2.2).
    const bool again =
        is_kept && !connection->has_received() && (is_read || !sent) && Clock::now() < deadline;
    if (!again) {
      return Error{sent ? ErrorKind::maybe_applied : ErrorKind::not_applied,
                   options_.url.authority + ": " + connection->failure()};
    }
    connection.reset();
  }
}

}  // namespace keeper
