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

struct HookPath {
  std::string_view provider;
  std::string_view token;  // empty: none stands there
};

// "/hooks/<provider>" or "/hooks/<provider>/<token>", with or without a query; no provider for any other path.
HookPath hook_path(std::string_view target);

// `admits` says whether a provider of that name takes webhooks, with that token. A wrong one looks like a wrong name.
WebhookVerdict judge(const WebhookHead& head, std::size_t body_bytes_max,
                     const std::function<bool(std::string_view, std::string_view)>& admits);

}  // namespace keeper
