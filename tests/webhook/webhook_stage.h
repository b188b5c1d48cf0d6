// A webhook listener with ports under the test's control: what the signature says decides the outcome.
// The test's thread starts and stops it; its ports are called from the listener's threads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/locked.h"
#include "webhook/webhook_listener.h"

// Catch has a CHECK of its own; in a test that one is meant.
#include "catch.h"

namespace keeper::test {

// Signature "bad": unauthorized; "early": there is no key yet; "odd": malformed; "slow": the verification
// blocks until `release_verification`; an empty one: unauthorized. Deliveries are answered with `ack` at
// once, or kept while `holds` is set.
class WebhookStage {
 public:
  explicit WebhookStage(WebhookLimits limits = {}, ServerTls tls = {}, const std::string& host = "127.0.0.1");
  ~WebhookStage();

  int port() const { return listener->port(); }
  std::string post(std::string_view body, std::string_view headers = {}) const;

  std::atomic<bool> holds{false};
  std::atomic<bool> full{false};
  std::atomic<bool> release_verification{false};
  std::atomic<int> verifications{0};
  std::string token;  // that the path must end with; set before the first request
  std::atomic<std::optional<Ack>> ack{Ack::recorded};
  Locked<std::vector<DeliveryDone>> kept;
  Locked<std::vector<std::string>> bodies;
  std::unique_ptr<WebhookListener> listener;

  std::size_t kept_count() {
    return kept.with([](auto& all) { return all.size(); });
  }
  void release_kept(std::optional<Ack> outcome);

 private:
  WebhookPorts ports();
};

// Waits for up to 20 s.
bool eventually(const std::function<bool()>& holds);

}  // namespace keeper::test
