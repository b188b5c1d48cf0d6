#include "net/callee.h"

#include <algorithm>

#include "net/retry_after.h"

namespace keeper {

Callee::Callee(const Secret& url) {
  const std::string& text = url.reveal();
  const std::size_t query = std::min(text.find('?'), text.size());
  const auto parsed = parse_url(text.substr(0, query));
  if (!parsed) return;
  host_ = parsed->authority;
  path_and_query_ = (parsed->path.empty() ? "/" : parsed->path) + text.substr(query);
  client_ = std::make_unique<HttpClient>(HttpOptions{*parsed, {}});
}

Task<Status> Callee::call(HttpRequest request, Millis limit, Wall now) {
  if (!client_) co_return Error{ErrorKind::not_applied, "its URL is not an http or https URL"};
  request.target = path_and_query_;
  request.body_bytes_max = std::size_t{64} << 10U;
  request.discard_body = true;
  const auto response = co_await client_->call(std::move(request), std::chrono::steady_clock::now() + limit);
  if (!response) co_return Error{ErrorKind::not_applied, response.error().what};
  if (response->status >= 200 && response->status < 300) co_return Done{};
  const std::string what = host_ + " answered " + std::to_string(response->status);
  if (response->status == 410) co_return Error{ErrorKind::gone, what};
  const auto wait = wait_asked(*response, now);
  if (wait) co_return Error{ErrorKind::exhausted, what, wait};
  co_return Error{ErrorKind::not_applied, what};
}

}  // namespace keeper
