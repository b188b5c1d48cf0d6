// Signed deliveries to the front of the nodes, one after the other on each of a few threads, as a provider
// sends them: what is not answered by a 2xx is sent again. Each is of a session that nobody knows. The object
// keeps which ones were acknowledged.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/signer.h"

namespace keeper::cluster {

class Load {
 public:
  // Writes the key by which they can be verified to FILE; sends nothing yet.
  explicit Load(const std::filesystem::path& key_file);
  ~Load();

  // To http://HOST:PORT/hooks/load; about `rate` a second.
  void start(const std::string& host, int port, int rate);
  void stop();

  // Their sessions, each of which was acknowledged once at least.
  std::set<std::string> acknowledged();
  std::size_t count();
  // The longest time between two of them since it was last asked.
  std::chrono::milliseconds longest_wait();
  // Answers other than 2xx, and none at all.
  int refused() const { return refused_; }

 private:
  void send_all(const std::string& host, int port, int thread, std::chrono::microseconds pause);
  void note(const std::string& session);

  const sandbox::Signer signer_;
  std::vector<std::thread> threads_;
  std::atomic<bool> ending_{false};
  std::atomic<int> refused_{0};
  std::mutex mutex_;
  std::set<std::string> acknowledged_;
  std::chrono::steady_clock::time_point last_{};
  std::chrono::steady_clock::duration longest_{};
};

}  // namespace keeper::cluster
