// A loop over a real store in a directory of its own, a clock that only the test moves, and a provider that
// is a list of the effects it was given.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "catch.h"
#include "runtime/loop.h"
#include "store/history.h"
#include "store/store.h"

namespace keeper {

class TestClock final : public Clock {
 public:
  Now now() const override { return now_; }
  void pass(Millis time) {
    now_.wall += time;
    now_.mono += time;
  }

 private:
  Now now_{Wall{Seconds{1'800'000'000}}, Mono{Seconds{1'000}}};
};

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// One `always` plan "desk" at the provider "agents", with heartbeats and an idle timeout of a minute.
std::shared_ptr<const Config> one_plan();
// Additionally `count` further plans.
std::shared_ptr<const Config> more_plans(int count);

class LoopWorld {
 public:
  LoopWorld();

  // Makes the loop from what the store holds, as a start of the process does.
  void boot();
  void load(std::shared_ptr<const Config> config);
  // Turns until nothing is due.
  void turn() { loop->turn(); }

  // The answer to the newest effect of this kind that was not answered yet.
  Effect take(EffectKind kind);
  void answer(const Effect& effect, Remote remote);
  Remote active_remote(const std::string& id) const;
  // Brings the plan's session to active.
  SessionId activate();

  Delivered delivery(const std::string& remote, Progress progress = Progress::started);
  Result<std::optional<SessionRow>> stored(const SessionId& id) { return history->session(id); }

  TempDir directory;
  TestClock clock;
  std::unique_ptr<Store> store;
  std::unique_ptr<StoreAccess> access;  // what the next boot() uses
  std::unique_ptr<History> history;
  Inbox inbox{64};
  Meters meters;
  std::unique_ptr<Loop> loop;
  std::vector<Effect> effects;             // dispatched and not yet taken
  std::vector<TransitionRow> transitions;  // as told after their commit
  std::vector<std::string> order;          // what left the loop, in order
  Mono renew_at = mono_never;              // when the store must be written at the latest
  int pruned = 0;                          // sessions that retention removed
  int may_leave = 0;                       // how often it said so
  bool rows_before_effects = true;         // each effect's session was in the file when it was dispatched
};

}  // namespace keeper
