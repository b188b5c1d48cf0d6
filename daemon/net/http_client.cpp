#include "net/http_client.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "base/text.h"
#include "net/exchange.h"
#include "net/transfers.h"

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

bool is_writable_text(std::string_view text, bool spaces) {
  return std::all_of(text.begin(), text.end(), [spaces](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20U && byte != 0x7fU ? true : spaces && byte == 0x20U;
  });
}

bool is_writable(const HttpRequest& request) {
  return is_writable_text(request.method, false) && is_writable_text(request.target, false) &&
         std::all_of(request.headers.begin(), request.headers.end(), [](const auto& header) {
           return is_writable_text(header.first, false) && is_writable_text(header.second, true);
         });
}

HttpOptions for_origin(HttpOptions options) {
  if (is_loopback(options.url)) options.proxy.reset();
  return options;
}

}  // namespace

const Url& connected_to(const HttpOptions& options) {
  return options.proxy ? options.proxy->url : options.url;
}

std::optional<std::string_view> header_in(const HeaderLines& headers, std::string_view name) {
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

HttpClient::HttpClient(HttpOptions options, std::shared_ptr<Transfers> transfers)
    : options_(for_origin(std::move(options))),
      transfers_(transfers ? std::move(transfers) : Transfers::shared()),
      resolver_(connected_to(options_).host, connected_to(options_).port),
      ca_file_(options_.ca_file) {}

Task<Result<HttpResponse>> HttpClient::call(HttpRequest request, CallDeadline deadline) {
  using Response = Result<HttpResponse>;
  using Endpoints = Result<std::vector<Endpoint>>;
  if (!is_writable(request))
    co_return Error{ErrorKind::not_applied, "the request holds characters that HTTP does not allow"};
  std::optional<std::string> authorities;
  if (options_.url.tls && !options_.ca_file.empty()) {
    auto read = told<Result<std::string>>(
        [this, deadline](CaFile::Found found) { ca_file_.read(deadline, *transfers_, std::move(found)); });
    Result<std::string> pem = co_await read;
    if (!pem) co_return pem.error();
    authorities = std::move(*pem);
  }
  auto looked_up = told<Endpoints>([this, deadline](Resolver::Found found) {
    resolver_.resolve(deadline, *transfers_, std::move(found));
  });
  Endpoints endpoints = co_await looked_up;
  if (!endpoints) co_return endpoints.error();
  if (Clock::now() >= deadline) co_return Error{ErrorKind::not_applied, "no time was left for the call"};

  auto exchange = std::make_unique<Exchange>(std::move(request), options_, std::move(*endpoints),
                                             std::move(authorities), deadline);
  auto exchanged = told<Response>([this, &exchange](std::function<void(Response)> done) {
    transfers_->submit(std::move(exchange),
                       [done = std::move(done)](std::unique_ptr<Exchange> ended, CURLcode code) {
                         done(ended->result(code));
                       });
  });
  co_return co_await exchanged;
}

}  // namespace keeper
