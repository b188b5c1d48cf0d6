// CallRecorder: hears of each HTTP call of a provider once it has ended, also of one that got no answer. What
// it hears holds credentials. ProviderSettings::recorder names it; the daemon has none. It is called on the
// thread on which the adapter's code runs, and must not block it.
#pragma once

#include "base/time.h"
#include "net/http_client.h"

namespace keeper {

struct EndedCall {
  const HttpRequest& request;
  Wall sent;
  Millis took;
  const Result<HttpResponse>& outcome;
};

class CallRecorder {
 public:
  virtual ~CallRecorder() = default;
  virtual void ended(const EndedCall& call) = 0;
};

}  // namespace keeper
