// Loop: waits for the inbox, carries out a round, publishes what readers see, and feeds the watchdog. In
// which order things leave the process is decided by the rounds (runtime/rounds.h). It never calls a
// provider. It waits for nothing but its inbox and, up to the commit patience, the store. Loop thread only,
// but for what is marked "any thread".
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "base/locked.h"
#include "runtime/clock.h"
#include "runtime/inbox.h"
#include "runtime/meters.h"
#include "runtime/rounds.h"
#include "runtime/upkeep.h"
#include "settings/settings.h"

namespace keeper {

// What readers on other threads see of the loop.
struct Published {
  ViewPtr view;  // null before the first turn
  std::int64_t last_seq = 0;
  std::int64_t store_bytes = 0;
  std::string storage_error;  // empty while the store works
  std::string refused_rows;   // why the store last refused rows for what they hold; empty: it never did
};

struct LoopPorts : RoundPorts {
  std::function<void(const Published&)> published = [](const Published&) {};
  std::function<void(int sessions)> pruned = [](int) {};  // by retention
  std::function<void()> turned = [] {};                   // feeds the watchdog
  // When the store must be written at the latest, though nothing happens.
  std::function<Mono()> renew_at = [] { return mono_never; };
  // Why this process may go on no longer; empty in the ordinary case.
  std::function<std::string()> must_end = [] { return std::string{}; };
  // Called once: what a shutdown waits for is done and on disk.
  std::function<void()> may_leave = [] {};
};

class Loop {
 public:
  // `ledger`: what store.load() gave. The loop fills the ports of its own: commit, taken, on_disk and
  // store_error.
  Loop(StoreAccess& store, const Ledger& ledger, Inbox& inbox, const Clock& clock, Meters& meters,
       LoopPorts ports);

  // Turns until stop(), or until it cannot go on (fatal()).
  void run();

  // One round without waiting, and when the next one is due.
  void turn();
  Mono next_turn() const;
  // Why the process must end and recover from its store; empty in the ordinary case.
  const std::string& fatal() const { return rounds_.fatal(); }
  const Keeper& keeper() const { return rounds_.keeper(); }

  // Any thread.
  void stop();
  Published published();
  Mono turned_at() const { return Mono{Millis{turned_at_.load()}}; }
  void set_retention(const Retention& retention) { upkeep_.set_retention(retention); }
  // The longest time between two turns.
  void set_pulse(Millis pulse) { pulse_ms_.store(pulse.count()); }

 private:
  RoundPorts round_ports(const LoopPorts& ports);
  void measure(const Event& event, const World& world, Now now);
  void note_store_error(const std::string& text);
  void answer_queries(Now now);
  void publish(Now now);

  Inbox& inbox_;
  const Clock& clock_;
  Meters& meters_;
  const LoopPorts ports_;
  Rounds rounds_;
  Upkeep upkeep_;
  bool may_leave_ = false;
  bool unpublished_ = true;  // something changed since the view was last published
  bool at_once_ = false;     // publish without delay, since whoever gave an order looks at its result
  Mono publish_at_{};
  std::atomic<bool> stopping_{false};
  std::atomic<Millis::rep> turned_at_{0};
  std::atomic<Millis::rep> pulse_ms_;
  std::atomic<std::chrono::steady_clock::rep> commit_took_{0};
  Locked<Published> published_;
};

}  // namespace keeper
