// Judges a request by its head alone, before its body is read. Pure; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

namespace keeper {

using WebhookHead = boost::beast::http::request_header<>;

struct WebhookVerdict {
  int refusal = 0;            // an HTTP status, or 0: go on and read the body
  std::string_view why;       // static text, with a refusal
  bool body_follows = false;  // with a refusal: the connection cannot be used again
  std::size_t body_bytes = 0;
  std::string_view provider;   // into the head
  std::string_view signature;  // into the head; empty when there is none, or more than one
  bool expects_continue = false;
};

// The provider's name in "/hooks/<provider>", with or without a query; empty for any other path.
std::string_view hooked_provider(std::string_view target);

// `known` says whether a provider of that name takes webhooks.
WebhookVerdict judge(const WebhookHead& head, std::size_t body_bytes_max,
                     const std::function<bool(std::string_view)>& known);

}  // namespace keeper
