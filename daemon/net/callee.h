// Callee: calls a URL that belongs to no provider, which is a notification target or the monitor of the dead
// man's switch. The rules are those for providers: strict TLS, no redirect is followed, and one deadline
// holds for the whole call. The URL may hold a credential, so messages name its host and never the URL. Any
// thread may call it, and none is blocked.
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
  // An http or https URL, which may have a query.
  explicit Callee(const Secret& url);

  // Done for any 2xx. Errors: gone for a 410; exhausted, with the time to wait, where the answer asks for
  // one; not_applied for everything else, which may be tried again. The callee must live until then.
  Task<Status> call(HttpRequest request, Millis limit, Wall now);

 private:
  std::string path_and_query_;
  std::unique_ptr<HttpClient> client_;
  std::string host_;
};

}  // namespace keeper
