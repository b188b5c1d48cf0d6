#include "sandbox/webhook_sender.h"

#include <httplib.h>

#include <algorithm>

namespace sandbox {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kLogLimit = 200000;
constexpr int kConnectSeconds = 5;
constexpr int kAnswerSeconds = 15;

struct Url {
  std::string origin;
  std::string path;
};

Url split_url(const std::string& url) {
  const auto scheme = url.find("://");
  const auto slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  if (slash == std::string::npos) return {url, "/"};
  return {url.substr(0, slash), url.substr(slash)};
}

httplib::Client& connect(std::unique_ptr<httplib::Client>& client, const std::string& origin) {
  if (!client) {
    client = std::make_unique<httplib::Client>(origin);
    client->set_connection_timeout(kConnectSeconds);
    client->set_read_timeout(kAnswerSeconds);
    client->set_write_timeout(kAnswerSeconds);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    // Receivers under test have self-signed certificates.
    client->enable_server_certificate_verification(false);
  }
  return *client;
}

bool matches(const std::string& event, const std::string& type) {
  if (event.empty() || event.back() != '*') return event == type;
  return type.compare(0, event.size() - 1, event, 0, event.size() - 1) == 0;
}

bool subscribed(const std::vector<std::string>& events, const std::string& suffix) {
  return std::any_of(events.begin(), events.end(), [&](const std::string& event) {
    return matches(event, "ai-deployment-session-" + suffix) || matches(event, "agent-session-" + suffix);
  });
}

}  // namespace

WebhookSender::WebhookSender(const Clock& clock) : clock_(clock), signer_(std::make_shared<const Signer>()) {
  for (std::size_t i = 0; i < kLanes; ++i) lanes_.push_back(std::make_unique<Lane>());
  for (auto& lane : lanes_) lane->thread = std::thread([this, &lane = *lane] { run(lane); });
}

WebhookSender::~WebhookSender() { stop(); }

void WebhookSender::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& lane : lanes_) {
      if (lane->calling) lane->calling->stop();
      lane->wake.notify_all();
    }
  }
  for (auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
}

WebhookSender::Lane& WebhookSender::lane_of(const std::string& session_id) {
  return *lanes_[std::hash<std::string>{}(session_id) % lanes_.size()];
}

void WebhookSender::send(const std::string& session_id, const std::string& endpoint,
                         const std::vector<std::string>& events, const std::string& suffix) {
  if (endpoint.empty() || !subscribed(events, suffix)) return;
  const std::lock_guard lock(mutex_);
  if (settings_.family != "agent-session") enqueue("ai-deployment-session-" + suffix, session_id, endpoint);
  if (settings_.family != "ai-deployment-session") enqueue("agent-session-" + suffix, session_id, endpoint);
}

void WebhookSender::enqueue(const std::string& type, const std::string& session_id,
                            const std::string& endpoint) {
  const Json body = {{"webhookType", type},
                     {"data", {{"sessionId", (settings_.prefix ? "session-" : "") + session_id}}}};
  Delivery delivery{.seq = 0,
                    .type = type,
                    .remote_id = session_id,
                    .url = endpoint,
                    .body = settings_.spaced ? dump_spaced(body) : dump(body),
                    .signature = {},
                    .created_at = clock_.now()};
  Lane& lane = lane_of(session_id);
  if (chance(settings_.drop)) {
    delivery.seq = next_seq_++;
    delivery.outcome = "dropped";
    log_.push_back(std::move(delivery));
    return;
  }
  if (chance(settings_.bad_signature)) delivery.signature = encode_base64(std::string(256, 'x'));
  const int extra = chance(settings_.reorder) ? settings_.reorder_ms : 0;
  const bool again = chance(settings_.repeat);
  const std::chrono::milliseconds delay(settings_.delay_ms + extra);
  if (again) put(lane, delivery, delay);
  put(lane, std::move(delivery), delay);
}

void WebhookSender::put(Lane& lane, Delivery delivery, std::chrono::milliseconds delay) {
  delivery.seq = next_seq_++;
  lane.queue.insert({std::chrono::steady_clock::now() + delay, delivery.seq});
  log_.push_back(std::move(delivery));
  while (log_.size() > kLogLimit && log_.front().outcome != "waiting") log_.pop_front();
  lane.wake.notify_all();
}

// Sequence numbers in the log are consecutive.
WebhookSender::Delivery* WebhookSender::find(std::uint64_t seq) { return &log_[seq - log_.front().seq]; }

void WebhookSender::run(Lane& lane) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (lane.queue.empty()) {
      lane.wake.wait(lock);
      continue;
    }
    const auto [due, seq] = *lane.queue.begin();
    const auto wait = due - std::chrono::steady_clock::now();
    if (wait > std::chrono::steady_clock::duration::zero()) {
      lane.wake.wait_for(lock, wait);
      continue;
    }
    lane.queue.erase(lane.queue.begin());
    attempt(lane, lock, seq);
  }
}

void WebhookSender::attempt(Lane& lane, std::unique_lock<std::mutex>& lock, std::uint64_t seq) {
  const Delivery copy = *find(seq);
  const auto signer = signer_;
  const Padding padding = settings_.pss ? Padding::pss : Padding::pkcs1;
  lock.unlock();
  const Url url = split_url(copy.url);
  const std::string signature = copy.signature.empty() ? signer->sign(copy.body, padding) : copy.signature;
  httplib::Client& client = connect(lane.clients[url.origin], url.origin);
  lock.lock();
  if (stopping_) return;
  lane.calling = &client;
  lock.unlock();
  httplib::Headers headers;
  headers.emplace("videosdk-signature", signature);
  const auto answer = client.Post(url.path.c_str(), headers, copy.body, "application/json");
  lock.lock();
  lane.calling = nullptr;
  Delivery& delivery = *find(seq);
  delivery.last_status = answer ? answer->status : 0;
  const auto tries = static_cast<std::size_t>(++delivery.attempts);
  if (answer && answer->status >= 200 && answer->status < 300) {
    delivery.outcome = "delivered";
  } else if (tries > settings_.retry_ms.size()) {
    delivery.outcome = "given_up";
  } else {
    const std::chrono::milliseconds wait(settings_.retry_ms[tries - 1]);
    lane.queue.insert({std::chrono::steady_clock::now() + wait, seq});
  }
}

std::optional<std::string> WebhookSender::configure(const Json& wanted) {
  if (wanted.contains("key_change") && !wanted["key_change"].is_boolean()) {
    return "key_change must be true or false";
  }
  const bool new_key = wanted.value("key_change", false);
  auto signer = new_key ? std::make_shared<const Signer>() : nullptr;
  const std::lock_guard lock(mutex_);
  if (auto problem = change(settings_, wanted)) return problem;
  random_ = Ids(settings_.seed);
  if (signer) signer_ = std::move(signer);
  return std::nullopt;
}

std::string WebhookSender::public_key() const {
  const std::lock_guard lock(mutex_);
  const std::string pem = settings_.key_format == "spki" ? signer_->spki_pem() : signer_->pkcs1_pem();
  return (settings_.leading_newline ? "\n" : "") + pem;
}

Json WebhookSender::describe() const {
  const std::lock_guard lock(mutex_);
  Json deliveries = Json::array();
  for (const Delivery& each : log_) {
    deliveries.push_back({{"at", iso_time(each.created_at, 3, "Z")},
                          {"type", each.type},
                          {"remote_id", each.remote_id},
                          {"url", each.url},
                          {"attempts", each.attempts},
                          {"status", each.last_status == 0 ? Json() : Json(each.last_status)},
                          {"outcome", each.outcome}});
  }
  return {{"settings", sandbox::describe(settings_)}, {"deliveries", std::move(deliveries)}};
}

}  // namespace sandbox
