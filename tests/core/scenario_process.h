// The process of a scenario: the daemon's own rounds and inbox over the real store, whose file is on a disk
// in memory. Its clock stands still until the scenario moves it; its ports write what is committed and what
// leaves into the journal. The process can be killed around a commit, and the disk can fail or hang. One
// thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/scenario_journal.h"
#include "core/scenario_remotes.h"
#include "runtime/inbox.h"
#include "runtime/rounds.h"
#include "settings/settings.h"
#include "store/faulty_disk.h"
#include "store/store_kit.h"

namespace keeper::scenario {

enum class Crash { before_commit, after_commit, in_dispatch };

// A store whose work hangs until a moment. The loop waits for it as long as the daemon would; the clock goes
// on meanwhile.
class HangingStore final : public StoreAccess {
 public:
  HangingStore(Store& store, Now& now, const Mono& until) : store_(store), now_(now), until_(until) {}
  bool run(StoreWork work) override;
  bool idle() override;

 private:
  Store& store_;
  Now& now_;
  const Mono& until_;
  StoreWork work_;
};

class Process {
 public:
  struct Call {
    Effect effect;
    Mono sent{};
  };

  explicit Process(Journal& journal, Remotes& remotes, Now& now);

  // A process begins with what is on disk.
  void start(std::shared_ptr<const Config> config);
  void kill(const std::string& how);
  void exit();  // after a shutdown that is through
  bool lives() const { return rounds_ != nullptr; }

  // Puts it into the inbox, and turns.
  void take(Event event);
  void deliver(Delivered delivered);

  // Turns until nothing is due at this moment.
  void settle();

  // Moves both clocks, with a turn whenever the rounds want one: by this time, or until a call of this kind
  // has left.
  void pass(Millis time, std::optional<EffectKind> until = std::nullopt);
  // The same; other reads, heartbeats and lists are answered at once, as the remotes are, and are counted
  // instead of told.
  void live(Millis time, std::optional<EffectKind> until = std::nullopt);

  void crash_at(Crash moment) { crash_ = moment; }
  void fail_disk(std::optional<Millis> time);
  void hang_disk(Millis time) { hangs_until_ = now_.mono + time; }
  void heal_disk();

  // Takes the oldest call that waits for its answer, of this kind and session; throws std::runtime_error
  // where there is none.
  Call take_call(EffectKind kind, const std::optional<SessionId>& session);
  void answer(const Call& call, Result<std::vector<Remote>> remotes);

  Mono next_turn() const { return rounds_->next_turn(now_); }
  const Keeper& keeper() const { return rounds_->keeper(); }
  const Config& config() const { return *config_; }

 private:
  RoundPorts ports();
  Result<std::int64_t> commit(Store& store, const Batch& batch);
  void dispatch(const std::vector<Effect>& effects);
  Receipt receipt();
  void turn();
  bool is_quiet(EffectKind kind) const;
  bool waits(EffectKind kind) const;
  bool answer_quietly();
  void post_answer(const Call& call, Result<std::vector<Remote>> remotes);
  std::string without_directory(std::string text) const;

  Journal& journal_;
  Remotes& remotes_;
  Now& now_;
  kit::TempDirectory directory_;
  std::unique_ptr<kit::FaultyDisk> disk_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<HangingStore> access_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<Rounds> rounds_;
  std::shared_ptr<const Config> config_;
  std::deque<Call> calls_;
  std::optional<Crash> crash_;
  Mono heals_at_ = mono_never;
  Mono hangs_until_{};
  bool store_works_ = true;
  bool may_leave_ = false;
  bool quiet_ = false;
  std::optional<EffectKind> until_;      // what a quiet time ends with
  std::map<std::string, int> answered_;  // while quiet, by the text of the call
};

}  // namespace keeper::scenario
