// An URL of somebody who is no provider: a notification target, a dead man's switch. Strict TLS, no redirects, one
// deadline for all, as for providers. The URL may hold a credential and is never shown; its host is.
// Any thread; calls block.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "net/http_client.h"

namespace keeper {

class Callee {
 public:
  // http or https, a query allowed.
  explicit Callee(const Secret& url);

  // Done for any 2xx. Errors: gone for 410; exhausted with the time that a 429 or 503 asks for; not_applied for all
  // else, which may be tried again.
  Status call(HttpRequest request, Millis limit, Wall now);

 private:
  std::string path_and_query_;
  std::unique_ptr<HttpClient> client_;
  std::string host_;
};

}  // namespace keeper
