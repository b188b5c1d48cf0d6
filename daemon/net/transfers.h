// Transfers: the one thread on which libcurl's multi interface carries out every HTTP call of the process. A
// call is handed over with submit() and told of with `done`, on that thread, exactly once. Nothing here waits
// for a server, so one that hangs holds up nobody else's call; and a call costs the same however many others
// hang.
//
// Any thread may call submit() and at(). What they are given must be quick and must not throw.
#pragma once

#include <curl/curl.h>
#include <sys/epoll.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/descriptor.h"
#include "net/kept_sockets.h"

namespace keeper {

class Exchange;

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

  // Has `call` called on the thread, once, when the time has come.
  void at(std::chrono::steady_clock::time_point time, std::function<void()> call);

  // Ends what is under way, each call with its `done`, calls what waits for its time, and ends the thread.
  // What comes afterwards ends at once, on its caller's thread. The destructor does the same.
  void stop();

 private:
  struct Job {
    std::unique_ptr<Exchange> exchange;
    Done done;
  };

  using Clock = std::chrono::steady_clock;
  struct Timer {
    Clock::time_point time;
    std::function<void()> call;
  };

  void work();
  bool take_up();  // false: the thread is to end
  void begin(Job job);
  void end(CURL* easy, CURLcode ended);
  int sleep_ms() const;
  void act(const epoll_event& event);
  void end_all_done();
  void call_due(Clock::time_point now);
  void wake();

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);

  CURLM* const multi_;
  const Descriptor epoll_;
  const Descriptor woken_;
  std::mutex mutex_;
  std::vector<Job> arrived_;
  std::vector<Timer> timers_arrived_;
  bool stopped_ = false;
  // The thread's own.
  std::unordered_map<CURL*, Job> under_way_;
  std::multimap<Clock::time_point, std::function<void()>> timers_;
  KeptSockets kept_;
  std::thread thread_;
};

}  // namespace keeper
