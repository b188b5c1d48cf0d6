#include "webhook/webhook_request.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <boost/beast/core/string.hpp>

#include "base/text.h"

namespace keeper {
namespace {

namespace http = boost::beast::http;

// The value of a field that the head has exactly once.
std::optional<std::string_view> only(const WebhookHead& head, http::field name) {
  const auto [begin, end] = head.equal_range(name);
  if (begin == end || std::next(begin) != end) return std::nullopt;
  const auto value = begin->value();
  return std::string_view(value.data(), value.size());
}

std::optional<std::size_t> decimal(std::string_view text) {
  std::size_t number = 0;
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Framing {
  int refusal = 0;
  std::string_view why;
  bool body_follows = false;
  std::size_t body_bytes = 0;
  bool is_chunked = false;
};

// Of RFC 9112 §6.3 what cannot be understood in two ways.
Framing framing_of(const WebhookHead& head, std::size_t body_bytes_max) {
  const bool has_length = head.count(http::field::content_length) != 0;
  if (head.count(http::field::transfer_encoding) != 0) {
    const auto coding = only(head, http::field::transfer_encoding);
    if (has_length || head.version() < 11 || !coding || !equal_ignoring_case(*coding, "chunked"))
      return {400, "send one Content-Length, or Transfer-Encoding: chunked", true};
    return {0, {}, true, 0, true};
  }
  if (!has_length) return {};
  const auto text = only(head, http::field::content_length);
  const auto length = text ? decimal(*text) : std::nullopt;
  if (!length) return {400, "one Content-Length, a plain number, is needed", true};
  if (*length > body_bytes_max) return {413, "the body is too large", true, *length};
  return {0, {}, *length != 0, *length};
}

bool is_coded(const WebhookHead& head) {
  if (head.count(http::field::content_encoding) == 0) return false;
  const auto coding = only(head, http::field::content_encoding);
  return !coding || !equal_ignoring_case(*coding, "identity");
}

// RFC 9112 §3.2: exactly one in HTTP/1.1, and at most one in HTTP/1.0.
bool has_good_host(const WebhookHead& head) {
  const std::size_t hosts = head.count(http::field::host);
  if (hosts == 0) return head.version() < 11;
  const auto host = only(head, http::field::host);
  return host && host->find_first_of(" \t,/?#@\\\"<>") == std::string_view::npos;
}

bool expects_continue(const WebhookHead& head) {
  return boost::beast::iequals(head[http::field::expect], "100-continue");
}

}  // namespace

std::string_view only_header(const WebhookHead& head, std::string_view name) {
  const auto [begin, end] = head.equal_range({name.data(), name.size()});
  if (begin == end || std::next(begin) != end) return {};
  const auto value = begin->value();
  return {value.data(), value.size()};
}

HookPath hook_path(std::string_view target) {
  constexpr std::string_view prefix = "/hooks/";
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    const std::size_t path = std::min(target.find('/', scheme.size()), target.size());
    if (path == scheme.size()) return {};
    target.remove_prefix(path);
    break;
  }
  if (!target.starts_with(prefix)) return {};
  target.remove_prefix(prefix.size());
  target = target.substr(0, target.find('?'));
  if (target.ends_with('/')) target.remove_suffix(1);
  const std::size_t slash = target.find('/');
  if (slash == std::string_view::npos) return {target, {}};
  const std::string_view token = target.substr(slash + 1);
  if (token.empty() || token.find('/') != std::string_view::npos) return {};
  return {target.substr(0, slash), token};
}

WebhookVerdict judge(const WebhookHead& head, std::size_t body_bytes_max,
                     const std::function<bool(std::string_view, std::string_view)>& admits) {
  const Framing framing = framing_of(head, body_bytes_max);
  WebhookVerdict verdict;
  verdict.body_follows = framing.body_follows;
  verdict.body_bytes = framing.body_bytes;
  verdict.is_chunked = framing.is_chunked;
  const auto refuse = [&](int status, std::string_view why) {
    verdict.refusal = status;
    verdict.why = why;
    return verdict;
  };
  if (!has_good_host(head)) return refuse(400, "one good Host is needed");
  const auto target = head.target();
  const HookPath path = hook_path(std::string_view(target.data(), target.size()));
  verdict.provider = path.provider;
  if (path.provider.empty()) return refuse(404, "webhooks are taken at /hooks/<provider>");
  if (!admits(path.provider, path.token)) return refuse(404, "no webhooks are taken at this path");
  if (head.method() != http::verb::post) return refuse(405, "webhooks are sent with POST");
  if (framing.refusal != 0) return refuse(framing.refusal, framing.why);
  if (is_coded(head)) return refuse(415, "send the body without Content-Encoding");
  verdict.expects_continue = expects_continue(head);
  return verdict;
}

}  // namespace keeper
