// Leadership: asks the store whether this process still leads, for calls that only the leader may make. Where
// one machine has the store to itself there is no such object, and nothing is asked. It owns the thread that
// asks and waits. One question answers all who asked before it was sent. What it gave is renewed until nobody
// holds it any more. Any thread may call it, and none waits.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/confirmation.h"
#include "base/result.h"

namespace keeper {

class Leadership {
 public:
  struct Ports {
    // Until when this process may believe that it leads. Called by any thread; must not wait.
    std::function<Mono()> lead_until;
    // A round trip to the store: when the question was sent, if this process leads; empty if another does.
    // Error: the store did not answer. Called by the thread of this object, which may wait.
    std::function<Result<std::optional<Mono>>()> ask;
    // Whoever has waited longer is refused, because what the call was decided by may have passed.
    Millis patience = Seconds{4};
  };
  // Exactly one is told. The error, which is `not_applied`, says why the call must not be made.
  using Told = std::function<void(Result<std::shared_ptr<Confirmation>>)>;

  explicit Leadership(Ports ports);
  // Refuses whoever waits, after the question under way.
  ~Leadership();
  Leadership(const Leadership&) = delete;
  Leadership& operator=(const Leadership&) = delete;

  Mono lead_until() const { return ports_.lead_until(); }

  // `then` is called once, on the thread of this object; it must be quick and must not throw.
  void confirm(Told then);

 private:
  struct Waiting {
    Mono since;
    Told then;
  };

  void work();
  bool is_due(std::unique_lock<std::mutex>& lock);
  void ask_for(const std::vector<Waiting>& waiting);
  Result<std::shared_ptr<Confirmation>> confirmation(const Result<std::optional<Mono>>& answer);

  const Ports ports_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting> waiting_;
  bool stopping_ = false;
  // The thread's own.
  std::vector<std::weak_ptr<Confirmation>> held_;
  Mono asked_at_{};
  std::thread thread_;
};

}  // namespace keeper
