#include "webhook/webhook_stage.h"

#include <thread>

namespace keeper::test {

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + Seconds{20};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(Millis{2});
  }
  return true;
}

WebhookStage::WebhookStage(WebhookLimits limits, ServerTls tls, const std::string& host) {
  auto started = WebhookListener::start({host, 0}, ports(), limits, std::move(tls));
  REQUIRE(started.ok());
  listener = std::move(*started);
}

WebhookStage::~WebhookStage() {
  release_verification = true;
  listener.reset();
}

WebhookPorts WebhookStage::ports() {
  WebhookPorts ports;
  ports.admits = [this](std::string_view provider, std::string_view asked) {
    return provider == "agents" && asked == token;
  };
  ports.verify = [this](std::string_view, std::string_view body,
                        const WebhookPorts::HeaderOf& header) -> VerificationResult {
    const std::string_view signature = header("videosdk-signature");
    ++verifications;
    if (signature == "slow") {
      while (!release_verification) std::this_thread::sleep_for(Millis{1});
    }
    if (signature == "early")
      return NotNow{"the key that verifies signatures is not known yet; send it again"};
    if (signature.empty() || signature == "bad") return Unauthorized{};
    if (signature == "odd") return Malformed{"no \"type\" in it"};
    Delivered delivered;
    delivered.row.body = std::string(body);
    return delivered;
  };
  ports.deliver = [this](Delivered event, DeliveryDone done) {
    if (full) return false;
    bodies.with([&](auto& all) { all.push_back(event.row.body); });
    if (holds) {
      kept.with([&](auto& all) { all.push_back(std::move(done)); });
    } else {
      done(ack.load());
    }
    return true;
  };
  return ports;
}

void WebhookStage::release_kept(std::optional<Ack> outcome) {
  holds = false;
  auto released = kept.with([](auto& all) { return std::exchange(all, {}); });
  for (const DeliveryDone& done : released) done(outcome);
}

std::string WebhookStage::post(std::string_view body, std::string_view headers) const {
  const bool signed_already = headers.find("videosdk-signature") != std::string_view::npos;
  return "POST /hooks/agents HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + (signed_already ? "" : "videosdk-signature: good\r\n") +
         std::string(headers) + "\r\n" + std::string(body);
}

}  // namespace keeper::test
