#include "webhook/webhook_request.h"

#include <charconv>
#include <optional>

#include <boost/beast/core/string.hpp>

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
};

Framing framing_of(const WebhookHead& head, std::size_t body_bytes_max) {
  if (head.count(http::field::transfer_encoding) != 0) {
    return {411, "send a Content-Length and no Transfer-Encoding", true, 0};
  }
  const std::size_t lengths = head.count(http::field::content_length);
  if (lengths == 0) return {411, "a Content-Length is needed", false, 0};
  const auto text = only(head, http::field::content_length);
  const auto length = text ? decimal(*text) : std::nullopt;
  if (!length) return {400, "one Content-Length, a plain number, is needed", true, 0};
  if (head.count(http::field::content_encoding) != 0) {
    return {415, "send the body without Content-Encoding", *length != 0, *length};
  }
  if (*length > body_bytes_max) return {413, "the body is too large", true, *length};
  return {0, {}, *length != 0, *length};
}

std::string_view signature_of(const WebhookHead& head) {
  constexpr std::string_view name = "videosdk-signature";
  const auto [begin, end] = head.equal_range({name.data(), name.size()});
  if (begin == end || std::next(begin) != end) return {};
  const auto value = begin->value();
  return {value.data(), value.size()};
}

bool expects_continue(const WebhookHead& head) {
  return boost::beast::iequals(head[http::field::expect], "100-continue");
}

}  // namespace

HookPath hook_path(std::string_view target) {
  constexpr std::string_view prefix = "/hooks/";
  if (!target.starts_with(prefix)) return {};
  target.remove_prefix(prefix.size());
  target = target.substr(0, target.find('?'));
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
  const auto refuse = [&](int status, std::string_view why) {
    verdict.refusal = status;
    verdict.why = why;
    return verdict;
  };
  const auto target = head.target();
  const HookPath path = hook_path(std::string_view(target.data(), target.size()));
  verdict.provider = path.provider;
  if (path.provider.empty()) return refuse(404, "webhooks are taken at /hooks/<provider>");
  if (!admits(path.provider, path.token)) return refuse(404, "no webhooks are taken at this path");
  if (head.method() != http::verb::post) return refuse(405, "webhooks are sent with POST");
  if (framing.refusal != 0) return refuse(framing.refusal, framing.why);
  verdict.signature = signature_of(head);
  verdict.expects_continue = expects_continue(head);
  return verdict;
}

}  // namespace keeper
