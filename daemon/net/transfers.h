// Transfers: the one thread on which libcurl's multi interface carries out every HTTP call of the process. A
// call is handed over with submit() and told of with `done`, on that thread, exactly once. Nothing here waits
// for a server, so one that hangs holds up nobody else's call.
//
// Any thread may call submit(). `done` must be quick and must not throw.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/exchange.h"

namespace keeper {

class Transfers {
 public:
  using Done = std::function<void(std::unique_ptr<Exchange> exchange, CURLcode ended)>;

  // Throws std::runtime_error where libcurl gives no handle, std::system_error where there is no thread.
  Transfers();
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  // The one of the process, which is made with the first call.
  static std::shared_ptr<Transfers> shared();

  void submit(std::unique_ptr<Exchange> exchange, Done done);

  // Ends what is under way, each call with its `done`, and the thread. What is submitted afterwards ends at
  // once. The destructor does the same.
  void stop();

 private:
  struct Job {
    std::unique_ptr<Exchange> exchange;
    Done done;
  };

  void work();
  bool take_up();  // false: the thread is to end
  void begin(Job job);
  void end(CURL* easy, CURLcode ended);

  CURLM* const multi_;
  std::mutex mutex_;
  std::vector<Job> arrived_;
  bool stopped_ = false;
  std::unordered_map<CURL*, Job> under_way_;  // the thread's own, as what follows
  KeptSockets kept_;
  std::thread thread_;
};

}  // namespace keeper
