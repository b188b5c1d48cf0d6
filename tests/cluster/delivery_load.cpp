#include "cluster/delivery_load.h"

#include <httplib.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace keeper::cluster {
namespace {

constexpr int threads = 4;

}  // namespace

Load::Load(const std::filesystem::path& key_file) { std::ofstream(key_file) << signer_.spki_pem(); }

Load::~Load() { stop(); }

void Load::start(const std::string& host, int port, int rate) {
  ending_ = false;
  const std::chrono::microseconds pause{1'000'000 * threads / rate};
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this, host, port, i, pause] { send_all(host, port, i, pause); });
  }
}

void Load::stop() {
  ending_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Load::send_all(const std::string& host, int port, int thread, std::chrono::microseconds pause) {
  httplib::Client client(host, port);
  client.set_connection_timeout(2);
  client.set_read_timeout(30);
  client.set_keep_alive(true);
  for (int i = 0; !ending_; ++i) {
    const std::string session = "of-nobody-" + std::to_string(thread) + "-" + std::to_string(i);
    const std::string body =
        R"({"webhookType":"ai-deployment-session-started","data":{"sessionId":")" + session + "\"}}";
    const httplib::Headers headers{{"videosdk-signature", signer_.sign(body, sandbox::Padding::pkcs1)}};
    while (!ending_) {
      const auto answer = client.Post("/hooks/load", headers, body, "application/json");
      if (answer && answer->status / 100 == 2) {
        note(session);
        break;
      }
      ++refused_;
      std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
    std::this_thread::sleep_for(pause);
  }
}

void Load::note(const std::string& session) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!acknowledged_.empty()) longest_ = std::max(longest_, now - last_);
  last_ = now;
  acknowledged_.insert(session);
}

std::chrono::milliseconds Load::longest_wait() {
  const std::lock_guard lock(mutex_);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::exchange(longest_, {}));
}

std::size_t Load::count() {
  const std::lock_guard lock(mutex_);
  return acknowledged_.size();
}

std::set<std::string> Load::acknowledged() {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

}  // namespace keeper::cluster
