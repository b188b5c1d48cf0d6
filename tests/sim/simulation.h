// Simulation: the run of one seed. It drives the daemon's own rounds, keeper, inbox and store with simulated
// providers and a simulated clock. Crashes happen where the rounds meet the rest of the process: before a
// commit, after it, and while effects leave. In the first phase faults, crashes and steps of the clock are
// drawn; in the second phase nothing fails any more. The first invariant that is broken ends the run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/inbox.h"
#include "runtime/rounds.h"
#include "sim/disk.h"
#include "sim/mutants.h"
#include "sim/sim_provider.h"
#include "sim/worlds.h"
#include "store/store.h"

namespace keeper::sim {

struct Options {
  std::uint64_t seed = 1;
  bool log = false;
  Mutant mutant;
  bool disk = false;            // every seed has a disk with troubles, and not only some
  bool cluster = false;         // several nodes: Cluster instead of Simulation
  bool draw_worlds = false;     // some seeds are in an unkind world that the program stands
  std::set<SimWorld> worlds{};  // the unkind worlds that are on
};

struct Verdict {
  std::string broken;  // empty: every invariant held
  std::uint64_t log_hash = 0;
  int starts = 0, crashes = 0, rollovers = 0, deliveries = 0, adopted = 0, orphans = 0, outages = 0;
  int messages = 0, troubles = 0;  // of the disk; in a cluster all that goes wrong
  int takeovers = 0, handovers = 0;
  Millis lasted{};
  Millis session_time{};  // of the providers' remotes
};

class Simulation {
 public:
  explicit Simulation(const Options& options);
  Verdict run();

 private:
  void draw_world();
  void draw_disk();
  Plan draw_plan(int number, const SimProvider& provider);
  void later(Mono at, std::function<void()> act);
  const World& world() const { return rounds_->keeper().world(); }
  Now now() const { return {Wall{now_.time_since_epoch()} + wall_offset_, now_}; }

  void live();
  void run_until(Mono end);
  void step(Mono at);
  void turn();
  void go_on_from_loaded();
  RoundPorts ports();
  Result<std::int64_t> commit(Store& store, const Batch& batch);
  void record(const Batch& batch);
  bool is_on_disk(const Batch& batch);
  void trouble_disk();
  Store& store() { return disk_ ? disk_->store() : *store_; }
  bool is_recorded(const std::string& provider, const std::string& key);
  void dispatch_all(const std::vector<Effect>& effects);
  void restart();
  void reload();
  void load_config();
  void dispatch(const Effect& effect);
  void post(const Post& post);
  void hear(const MessageRow& message);
  void draw_habits();
  void draw_money();
  void cut_off();
  void leave();
  void end_process();
  void check_handover(const Effect& stop);
  bool is_last_moment(const SessionRow& row) const;
  void check_budgets(const Effect& start);
  void check_notice(const Notice& notice);
  void check_notices();
  std::optional<Error> unreachable(const SimProvider& provider, const Effect& effect);
  void call(SimProvider& provider, const Effect& effect, int epoch);
  void answer(const Effect& effect, Mono sent, std::optional<Wall> provider_now,
              const Result<std::vector<Remote>>& remotes, bool whole);
  void carry_deliveries();
  void send_again(SimDelivery delivery);
  void acknowledge(Waiter waiter, std::optional<Ack> ack);
  void note(const TransitionRow& transition);
  void deliver(SimDelivery delivery);
  void meddle();
  void begin_outage();
  void step_clock(Millis by);

  // The unkind worlds: worlds.cpp, world_clock.cpp, world_config.cpp, world_provider.cpp, world_calls.cpp,
  // world_checks.cpp.
  bool is_in(SimWorld world) const { return worlds_.on.contains(world); }
  bool clock_moves() const;
  void enter_worlds();
  void draw_unkind();
  void begin_worlds(Mono end);
  void heal_worlds();
  void begin_clock(Mono end);
  void set_clock_right();
  void note_shown();
  bool came_after(const WorldState::Since& since, Wall time) const;
  void shape_plans();
  void keep_one_plan(const ProviderName& provider);
  void bring_config(std::shared_ptr<Config> next);
  void bring(std::shared_ptr<Config> next);
  void change_plan(Plan& plan);
  void change_configuration();
  void take_out(const std::vector<Plan>& plans, const std::optional<ProviderName>& provider, Config& next);
  void put_back();
  void spoil_file();
  void mend_file();
  void restore_configuration();
  void shape_providers();
  void trouble_providers();
  void deliver_of_others();
  std::optional<Error> refused(SimProvider& provider, const Effect& effect);
  SimRemote* living(SimProvider& provider, const std::string& place);
  void reuse_id(SimProvider& provider, Remote& told);
  Result<std::vector<Remote>> carry(SimProvider& provider, const Effect& effect);
  void distort(const SimProvider& provider, const Effect& effect, std::vector<Remote>& remotes);
  std::optional<Wall> date_of(const SimProvider& provider);
  bool is_crowded(const SimProvider& provider) const;
  void shape_calls();
  Millis held_up(const SimProvider& provider, const Effect& effect) const;
  void queue_call(const Effect& effect);
  void end_call();
  void carry_next();
  void check_rows();
  void check_heartbeats();
  void check_gap();
  void note_taken();
  void note_unknown(const Effect& effect, const Result<std::vector<Remote>>& remotes);
  void check_moment(const PlanName& name, Wall occurrence, const std::string& what);
  void check_begin(const TransitionRow& transition);
  void check_maximum(const TransitionRow& transition);
  bool windows_touch(const Plan& plan) const;

  void check_all();
  void check_store();
  void check_remotes();
  void check_pair(const SessionRow& a, const SessionRow& b);
  void check_left(const Effect& effect);
  void check_lapse(const SimRemote& remote);
  void check_healed();
  void check_served();
  void check_cleaned_up();
  void check_repeats();
  void check_waiting();
  void check_reloads();
  void check_occurrences();
  const Plan* plan_of(const PlanName& name) const;
  void check_row(const SessionRow& row);
  void check_begin(const SessionRow& row);
  void check_restart(const SessionRow& row);
  void check_transition(const TransitionRow& t);
  void check_missed(const MissedRow& row);
  void note_answer(const Effect& effect, const Result<std::vector<Remote>>& remotes);
  void check_start_rate(const Effect& start);
  void check_session(const Tracked& session);
  void check_wanted();
  void check_orphans();
  void fail(const std::string& what);
  void log(const std::string& line);
  std::string place() const;

  Options options_;
  Random random_;
  WorldState worlds_;
  Faults faults_, phase_faults_;
  double crash_rate_ = 0;
  bool clock_steps_ = false;
  Mono now_{std::chrono::hours{490'000}};
  Mono healed_at_ = mono_never;
  Millis wall_offset_{0};
  int epoch_ = 0;  // of the keeper's process: answers to an older one are lost
  std::multimap<Mono, std::function<void()>> queue_;  // at one moment in the order in which they came
  struct Outage {
    Mono begin{}, end{};
    int starts = 0;    // tried in it
    int restarts = 0;  // of the process, in it
  };

  std::map<ProviderName, SimProvider> providers_;
  std::map<ProviderName, Outage> outages_;
  std::shared_ptr<Config> config_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<SimDisk> disk_;  // in place of the store in memory, where it has troubles
  std::optional<Batch> in_doubt_;  // of a commit that failed
  bool store_works_ = true;
  bool calm_ = false;  // but for the disk nothing goes wrong
  std::unique_ptr<StoreAccess> access_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<Rounds> rounds_;
  std::map<Waiter, SimDelivery> waiting_;
  std::set<SessionId> handed_over_;  // whose first stop was judged by check_handover()
  Waiter waiters_ = 0;
  std::set<std::pair<std::string, std::string>> acknowledged_;
  std::map<SessionId, SessionRow> rows_;  // every row ever committed
  std::set<SessionId> forgotten_;         // ended ones whose rows the disk has lost
  std::set<std::pair<PlanName, Wall>> missed_;
  using SlotOccurrence = std::tuple<PlanName, Wall, int>;
  std::set<SlotOccurrence> begun_;
  Now process_began_;
  Mono store_troubled_{};  // when it was last
  struct LastEnd {
    State state = State::closed;
    Reason reason = Reason::lost;
    Wall at{};
    int epoch = 0;
    int attempt = 0;
  };
  std::map<SlotOccurrence, LastEnd> ends_;
  struct Health {  // of a provider, by the answers that this process was given
    int failures = 0;
    Mono open_since{};
    std::optional<SessionId> probe;  // whose start is under way
    Mono told_at{}, starts_from{};   // when it asked to wait, and until when
  };
  std::map<ProviderName, Health> health_;
  std::set<ProviderName> without_room_;  // refused a start so, to this process or to one before
  double deaf_ = 0;                      // of posts that fail
  std::optional<Mono> routeless_since_;
  std::optional<Mono> leaving_since_;
  std::map<std::string, Mono> posted_;  // messages, first tried
  std::set<std::string> heard_;         // messages that the target took
  struct Told {
    std::map<Wall, std::vector<Wall>> firings;  // when each trouble was told, by its begin
    bool firing = false;                        // by the newest notice
    bool may_be_over = false;                   // by that of another
    Wall at{};                                  // of that one
  };
  std::map<std::string, Told> told_;  // by topic and subject
  Verdict verdict_;
};

}  // namespace keeper::sim
