// Decides by the head of a request, before its body is read, whether the request is taken. Pure; any thread
// may call it.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

namespace keeper {

using WebhookHead = boost::beast::http::request_header<>;

struct WebhookVerdict {
  int refusal = 0;            // the HTTP status of the refusal, or 0: read the body
  std::string_view why;       // static text; empty without a refusal
  bool body_follows = false;  // after a refusal: the client may send a body, so the connection must be closed
  std::size_t body_bytes = 0;  // 0 where the body is chunked
  bool is_chunked = false;
  std::string_view provider;  // into the head
  bool expects_continue = false;
};

struct HookPath {
  std::string_view provider;
  std::string_view token;  // empty where the path has none
};

// Splits "/hooks/<provider>" or "/hooks/<provider>/<token>". A query and one slash at the end are ignored,
// and of an absolute URL its scheme and authority. For any other path the provider is empty.
// The value of a header that the head has exactly once; empty where it has none, or several.
std::string_view only_header(const WebhookHead& head, std::string_view name);

HookPath hook_path(std::string_view target);

// `admits` says whether webhooks are taken for this provider and token. The answer to a wrong token is the
// same 404 as to a wrong name, so that nobody can find out which names exist.
WebhookVerdict judge(const WebhookHead& head, std::size_t body_bytes_max,
                     const std::function<bool(std::string_view, std::string_view)>& admits);

}  // namespace keeper
