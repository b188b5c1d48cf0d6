// The loop: the one place where decisions are made, put on disk and let out, in that order. It owns the keeper and,
// while it runs, the store. Loop thread only, apart from stop() and published().
// It never calls a provider, never waits for anything but its inbox and the disk.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/locked.h"
#include "core/keeper.h"
#include "settings/settings.h"
#include "runtime/clock.h"
#include "runtime/inbox.h"
#include "runtime/meters.h"
#include "store/store.h"

namespace keeper {

// What readers on other threads see of the loop.
struct Published {
  ViewPtr view;                // null before the first turn
  std::int64_t last_seq = 0;
  std::int64_t store_bytes = 0;
  std::string storage_error;   // empty while the store works
};

struct LoopPorts {
  std::function<void(std::vector<Effect>)> dispatch;
  std::function<void(const std::vector<Post>&)> post = [](const std::vector<Post>&) {};
  std::function<void(const TransitionRow&)> committed = [](const TransitionRow&) {};
  std::function<void(const Notice&)> noticed = [](const Notice&) {};
  std::function<void(const Change<ProviderName, ProviderTrack>&)> provider_changed =
      [](const Change<ProviderName, ProviderTrack>&) {};
  std::function<void(const Change<SessionId, Tracked>&)> session_changed = [](const Change<SessionId, Tracked>&) {};
  std::function<void(const Published&)> published = [](const Published&) {};
  std::function<void(int sessions)> pruned = [](int) {};  // by retention
  std::function<void()> turned = [] {};  // feeds the watchdog
  std::function<void()> may_leave = [] {};  // once: what a shutdown waits for is done, and on disk
};

class Loop {
 public:
  // `ledger`: what store.load() gave.
  Loop(Store& store, const Ledger& ledger, Inbox& inbox, const Clock& clock, Meters& meters, LoopPorts ports);

  // Turns until stop(), or until it cannot go on (fatal()).
  void run();

  // One round without waiting, and when the next one is due.
  void turn();
  Mono next_turn() const;
  // Why the process must end and recover from its store; empty in the ordinary case.
  const std::string& fatal() const { return fatal_; }
  const Keeper& keeper() const { return keeper_; }

  // Any thread.
  void stop();
  Published published();
  Mono turned_at() const { return Mono{Millis{turned_at_.load()}}; }
  void set_retention(const Retention& retention) {
    retention_.with([&](Retention& kept) { kept = retention; });
  }
  // The longest time between two turns.
  void set_pulse(Millis pulse) { pulse_ms_.store(pulse.count()); }

 private:
  // One transaction in the making.
  struct Round {
    std::vector<Item> items;
    std::vector<Decision> decisions;
    std::set<std::pair<ProviderName, std::string>> keys;  // of its deliveries
  };
  // From a failed commit until one works again.
  struct Outage {
    Round failed;               // taken back
    std::set<SessionId> touched;  // by it: left alone until it is known what became of it
    bool known = false;         // whether it is on disk all the same has been found out
    std::vector<Item> waiting;  // what needs a row
    Mono retry_at{};
  };

  void work(Now now);
  Status decide_round(Round& round, Now now);
  Status count_budgets(Round& round, Now now);
  Status prepare(Delivered& delivered, Round& round);
  Status prepare(Answer& answer, const Round& round);
  Status find_held(Answer& answer, const Round& round);
  Status find_known(Answer& answer);
  void decide(const Event& event, Now now, Round& round);
  void install(Decision decision, Now now, Round& round);
  void let_out(Round& round);
  void maintain(Now now);
  void measure(const Answer& answer, Now now);
  Result<bool> prune(Now now);
  void publish(Now now);

  void begin_outage(Round round, const Error& error, Now now);
  void work_in_outage(Now now);
  void decide_rowless(Item item, Now now, Round& round);
  void find_out();
  bool can_write();
  void end_outage();
  void set_storage_error(const std::string& text);

  Store& store_;
  Keeper keeper_;
  Inbox& inbox_;
  const Clock& clock_;
  Meters& meters_;
  LoopPorts ports_;
  std::optional<Outage> outage_;
  std::string fatal_;
  bool may_leave_ = false;
  bool changed_ = true;  // since the view was last published
  Mono publish_at_{};
  Mono maintain_at_{};
  std::atomic<bool> stopping_{false};
  std::atomic<Millis::rep> turned_at_{0};
  Locked<Retention> retention_;
  std::atomic<Millis::rep> pulse_ms_;
  Locked<Published> published_;
};

}  // namespace keeper
