// Daemon: owns the store, the loop, the workers and the configuration of one running keeper. It starts them,
// carries out reloads, and ends them in order. The main thread opens, starts, serves and ends it. The threads
// of the listeners call what is marked "any thread". It owns no listener and knows nothing of HTTP.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/preview.h"
#include "runtime/cluster_watch.h"
#include "runtime/dead_mans_switch.h"
#include "runtime/late_words.h"
#include "runtime/leadership.h"
#include "runtime/loop.h"
#include "runtime/meters.h"
#include "runtime/notifier.h"
#include "runtime/reloads.h"
#include "runtime/signals.h"
#include "runtime/store_thread.h"
#include "runtime/token.h"
#include "runtime/verifiers.h"
#include "runtime/workers.h"
#include "settings/settings.h"
#include "store/history.h"
#include "store/pg_lead_check.h"
#include "store/store.h"

namespace keeper {

// How long a node that ends looks whether another one lives: no row outlasts this that nobody renews.
inline constexpr Millis heir_limit = node_gone_after + Seconds{5};

inline constexpr int exit_good = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_deposed = 75;        // it led the nodes of a database, and does not any more
inline constexpr int exit_configuration = 78;  // systemd does not restart on it

// The configuration in effect, and how the last reload went.
struct Loaded {
  std::shared_ptr<const Settings> settings;
  Wall loaded_at{};
  bool last_reload_successful = true;
  std::string last_reload_error;  // one complaint per line
};

class Daemon {
 public:
  // Reads the configuration, then locks and opens the store where it is a file. Null: the log says why, and
  // `exit_code` is set.
  static std::unique_ptr<Daemon> open(const std::string& config_path, Signals& signals, int* exit_code);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Whether another node may lead. The listeners are then open while it follows. Any thread.
  bool follows() const { return watch_ && turning_ == nullptr; }

  // Waits until this node leads. False: the daemon was asked to end before.
  bool follow();

  // Loads what the store has. From here on the listeners may be open; what they receive is decided after
  // start().
  Status prepare();

  // Starts the loop and waits until the configuration is in effect: the sessions of the store are recovered
  // then.
  Status start();

  // Serves signals until the daemon may leave, and returns the exit code. Before the end it calls
  // `stop_listening`, at a time when deliveries that have come in can still be put on disk.
  int serve(const std::function<void()>& stop_listening);

  // After serve(), with the listeners gone. Gives up the lead of a database where no call is under way.
  // False: calls are still under way that need not be waited for.
  bool end();

  // Whether another node took the lead that this one had: the process must end.
  bool is_deposed() const { return deposed_; }

  // Any thread from here on. Where another node leads there is no view, and orders and deliveries are
  // refused.
  Published published();
  Millis loop_age() const;
  Loaded loaded();
  Wall started_at() const { return started_at_; }
  const std::string& store_location() const { return location_; }
  // Of the store, for readers of its history.
  Result<std::unique_ptr<History>> open_history();
  // Empty where the store is a file.
  std::optional<ClusterFacts> cluster();
  // Asks the leader to hand over: to this node, or to any where it is empty.
  Status ask_hand_over(const std::string& node);
  // Why this node can decide nothing; empty: it leads.
  std::string not_leading();
  const ControlToken& token() const { return token_; }
  std::shared_ptr<WebhookVerifier> verifier(std::string_view provider) { return verifiers_.find(provider); }
  Meters& meters() { return meters_; }
  std::optional<std::size_t> rate_left(const ProviderName& provider) { return workers_.rate_left(provider); }
  std::optional<MonitorFacts> monitor() {
    return monitor_.with([](const auto& facts) { return facts; });
  }
  bool admits(std::string_view token) { return verifiers_.admits(token); }

  // Called after each new view, on the loop's thread: must not wait.
  void on_published(std::function<void()> call);

  // Called after each reload that took effect, on the thread that reloads.
  void on_reloaded(std::function<void(const Settings&)> call);

  // False: the inbox is full, and `receipt` is not called.
  bool deliver(Delivered delivered, Receipt receipt);

  // Reads the file anew and waits until all of it is in effect. Errors: malformed with all complaints;
  // storage where nothing of it is in effect, or where it is still under way and its outcome is not known
  // yet.
  Status reload();

  // What a reload with this text of a configuration file would do; nothing is changed. `name` is the file's
  // name for the messages; empty: that of the file in effect. It waits for the loop. Errors: malformed with
  // all complaints, or storage. Neither waits for a daemon that ends.
  Result<Preview> preview(std::string text, const std::string& name);

  // Waits until the order is on disk: accepted, unknown (no such plan or session) or refused. Errors:
  // storage, which says whether it may still be done.
  Result<Ack> operate(OperatorAsked asked);

 private:
  // `store`: null where it is a database.
  Daemon(std::shared_ptr<const Settings> settings, std::unique_ptr<Store> store, ControlToken token,
         Signals& signals);

  std::unique_ptr<Leadership> make_leadership(Millis lease);
  void watch(const Settings& settings);
  LoopPorts lead_ports(LoopPorts ports);
  void tell(const ClusterFacts& facts, const std::vector<LateStart>& late);
  void note_if_late(const Answer& answer);
  void leave_words();
  // Which process goes on with what runs.
  struct Heir {
    std::optional<NodeRow> node;  // empty: none
    bool is_sure = false;         // it was heard of since this one was told to end, or leads
  };
  Heir find_heir();
  bool wait_until_done(Mono until);
  bool stops_session_of(const PlanName& plan);
  bool stops_sessions();
  void tell_left(const std::optional<NodeRow>& heir);

  template <class T>
  bool wait_for(const std::future<T>& answer, Mono until) const;
  enum class Wait { bounded, until_known };
  Result<Ack> ask_loop(Event event, Wait wait);
  Status try_reload();
  Status carry_out_reload();
  void install_workers(const Settings& fresh, const Settings* old);
  void install_dead_mans_switch(const Settings& settings);
  bool is_well();
  LoopPorts loop_ports();
  Millis leave_limit();
  void follow_reload(std::shared_ptr<const Settings> fresh);
  Result<Ledger> load();
  std::string why_not_on_disk();
  int end_by_itself();
  int leave(bool hands_over, const std::function<void()>& stop_listening);

  Signals& signals_;
  const Wall started_at_ = wall_now();
  std::unique_ptr<Store> store_;  // null while another node leads
  std::string location_;          // of the store
  PgStore* database_ = nullptr;   // store_, where it is a database
  ControlToken token_;
  SystemClock clock_;
  Inbox inbox_;
  Meters meters_;
  std::unique_ptr<PgLeadCheck> lead_check_;  // leadership_'s own, once this node leads
  std::unique_ptr<Leadership> leadership_;   // null where the store is a file
  Workers workers_;
  std::unique_ptr<Notifier> notifier_;           // null while another node leads
  Locked<std::optional<MonitorFacts>> monitor_;  // empty: there is no dead man's switch
  std::unique_ptr<DeadMansSwitch> dead_mans_switch_;
  Verifiers verifiers_;
  std::unique_ptr<StoreThread> store_thread_;
  std::unique_ptr<Loop> loop_;
  std::atomic<Loop*> turning_{nullptr};  // loop_, once other threads may use it
  std::thread thread_;
  std::atomic<bool> loop_ended_{false};
  std::future<bool> configured_;
  bool hurried_ = false;
  std::atomic<bool> ending_{false};
  std::atomic<bool> deposed_{false};  // another node took the lead
  std::atomic<bool> asked_to_hand_over_{false};
  std::atomic<std::int64_t> lost_commits_{0};  // PgStore::lost_commits
  // The watch's thread alone: what was told of the lead.
  bool told_of_lead_ = false;
  std::optional<bool> told_bare_;  // that there is no standby
  std::string doubted_since_;      // PgStore::doubted_since, until it is told
  std::int64_t told_lost_commits_ = 0;
  LateWords late_words_;
  // Starts that were answered after the end of the lease.
  Locked<std::vector<LateStart>> late_;
  std::mutex beginning_;  // held while this node begins to lead, and by a reload
  Locked<Loaded> loaded_;
  Locked<std::function<void()>> on_published_;
  Locked<std::function<void(const Settings&)>> on_reloaded_;
  Reloads reloads_{[this] { return carry_out_reload(); }};
  std::unique_ptr<ClusterWatch> watch_;  // null where the store is a file
};

// False: it was not there at `until`, or the daemon ends.
template <class T>
bool Daemon::wait_for(const std::future<T>& answer, Mono until) const {
  constexpr std::chrono::milliseconds look_every{100};
  while (answer.wait_for(look_every) != std::future_status::ready) {
    if (ending_ || BootClock::now() >= until) return false;
  }
  return true;
}

}  // namespace keeper
