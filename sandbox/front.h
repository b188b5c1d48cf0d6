// The APIs' front: turns HTTP into calls on the models, with the faults that are set, and logs each call.
// Many threads at once; sleeps for latency without holding the model's lock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "sandbox/http_server.h"
#include "sandbox/providers.h"
#include "sandbox/world.h"

namespace sandbox {

class Front {
 public:
  Front(World& world, Providers& providers) : world_(world), providers_(providers) {}

  void serve(const httplib::Request& in, httplib::Response& out);
  // Ends all waiting for latency.
  void stop();

 private:
  struct Served {
    Answer answer;
    Verdict verdict;
    std::optional<Provider> provider;
    bool reset = false;
  };

  Served decide(const Request& request, std::uint64_t seq, bool redirected);
  std::optional<Time> date_told();
  void pause(std::chrono::microseconds time);
  void write(const Served& served, httplib::Response& out);

  World& world_;
  Providers& providers_;
  std::mutex pause_mutex_;
  std::condition_variable pause_over_;
  bool stopping_ = false;
};

}  // namespace sandbox
