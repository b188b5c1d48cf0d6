// The keeper decides what happens to every session. It owns no thread, clock, socket or file.
// The caller keeps the order: decide, install, commit, and then acknowledge and dispatch. A decision whose
// commit failed is reverted. An ordinary life of a session: a Tick makes a row `queued` and a start; its
// Answer makes the session `active`; heartbeats and reads follow by their deadlines, and then a rollover or a
// stop until the remote is confirmed gone. docs/session-life.md has the states and the deadlines. Loop thread
// only.
#pragma once

#include "core/event.h"
#include "core/view.h"
#include "core/world.h"

namespace keeper {

class Keeper {
 public:
  // After a start of the process: every unresolved session is due at once, which makes recovery the normal
  // path.
  Keeper(const Ledger& ledger, Now now);

  // Pure: what the event leads to. Never changes the keeper.
  [[nodiscard]] Decision decide(const Event& event, Now now) const;
  // The same, without a copy of the delivery.
  [[nodiscard]] Decision decide(Delivered&& delivered, Now now) const;

  // The only mutator. Decisions are installed in the order in which they were made.
  void install(const Decision& decision);

  // Takes the newest installed decisions back, newest first, when their commit failed.
  void revert(const Decision& decision);

  // The earliest of all deadlines; mono_never if only an event can bring work.
  Mono next_wakeup(Now now) const;

  // Periods of budgets for which the store must say what ended sessions took: each is to come as a
  // PeriodCounted before anything else is decided at this time.
  std::vector<Period> uncounted(Now now) const;

  // True once a shutdown was asked and nothing is left to wait for: no call in flight, nothing to stop.
  bool ready_to_leave() const;

  View view(Now now) const;
  const World& world() const { return world_; }

  // Aborts where a session touched by the decision breaks an invariant that must hold after each batch.
  void check(const Decision& decision, Now now) const;

 private:
  World world_;
};

// The invariants of one session; empty text if they hold. Used by check() and by the simulator on all of
// them.
std::string broken_invariant(const World& world, const Tracked& session, Now now);

}  // namespace keeper
