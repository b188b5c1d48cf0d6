// A gateway in front of a sandbox, which gives odd answers to chosen calls. All others it passes on as they
// are. Where the sandbox breaks a connection, so does the gateway. The test says which effect is being
// carried out, so that a call is chosen alike at every adapter.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "core/effect.h"
#include "net/fake_server.h"
#include "net/http_client.h"
#include "net/odd_answers.h"

namespace keeper::test {

// What a call does for its effect. order: it changes something there (no GET).
enum class Part { order, read };

class Gateway {
 public:
  explicit Gateway(const std::string& api_url);

  std::string url() const { return server_.url(); }
  // The next `times` such calls are answered oddly. `answer` outlives the gateway.
  void strike(const OddAnswer& answer, std::vector<EffectKind> kinds, Part part, int times);
  void carrying(EffectKind kind) { carried_ = kind; }
  int struck() const { return struck_; }
  int served() const { return served_; }
  // Waits until so many requests have been served, and for a second at most. One that was answered before it
  // was read may still be on its way when its caller knows the answer.
  void settle(int served) const;
  bool saw_cookie() const { return saw_cookie_; }

 private:
  FakeServer::Options options();
  bool strikes(Part part);
  void serve(const Received& request, Wire& wire);
  Result<HttpResponse> pass_on(const Received& request);

  HttpClient sandbox_;
  const OddAnswer* answer_ = nullptr;
  std::vector<EffectKind> kinds_;
  Part part_ = Part::order;
  std::atomic<int> left_{0};
  std::atomic<int> struck_{0};
  std::atomic<int> served_{0};
  std::atomic<bool> saw_cookie_{false};
  std::atomic<EffectKind> carried_{EffectKind::observe};
  FakeServer server_;
};

}  // namespace keeper::test
