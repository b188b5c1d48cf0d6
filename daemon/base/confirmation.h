// Confirmation: the store's word that this process still leads, for a call that only the leader may make. The
// call carries it, and the last moment before the request leaves asks admits(), which compares times and
// waits for nothing. Leadership (runtime/leadership.h) gives it, and renews it as long as somebody holds it,
// so that the call may wait for its turn, or for a slow connection. Any thread.
#pragma once

#include <atomic>

#include "base/time.h"

namespace keeper {

class Confirmation {
 public:
  // How old it may be, counted from when the question was sent.
  static constexpr Millis life = Seconds{1};

  Confirmation(Mono asked_at, Mono lead_until)
      : asked_at_(asked_at.time_since_epoch().count()), lead_until_(lead_until.time_since_epoch().count()) {}

  // Whether the request may leave now. A refusal is remembered.
  bool admits(Mono now) {
    const bool admitted = now < lead_until() && now <= time(asked_at_) + life;
    if (!admitted) refused_ = true;
    return admitted;
  }
  bool has_refused() const { return refused_; }

  // Until when this process may believe that it leads.
  Mono lead_until() const { return time(lead_until_); }

  void renew(Mono asked_at, Mono lead_until) {
    asked_at_ = asked_at.time_since_epoch().count();
    lead_until_ = lead_until.time_since_epoch().count();
  }

  // Another process leads.
  void withdraw() { lead_until_ = Mono{}.time_since_epoch().count(); }

 private:
  using Count = std::atomic<Millis::rep>;
  static Mono time(const Count& count) { return Mono{Millis{count.load()}}; }

  Count asked_at_;
  Count lead_until_;
  std::atomic<bool> refused_{false};
};

}  // namespace keeper
