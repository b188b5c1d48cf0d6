// A simulated provider, which lives in virtual time. It applies calls, ends sessions at their timeouts, loses
// answers and sends deliveries. The invariants compare the ledger with what it knows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/effect.h"
#include "settings/settings.h"
#include "sim/random.h"

namespace keeper::sim {

struct Faults {
  double refuse = 0;                       // nothing is applied, and that is known
  double lose_before = 0;                  // nothing is applied, but nobody can know
  double lose_after = 0;                   // applied, the answer is lost
  double exhaust = 0;                      // a rate limit
  double slow = 0;                         // up to two thirds of the request's time limit
  double stale = 0;                        // a read says "active" of what is dead
  double end_alone = 0;                    // a remote ends unasked, per call
  double drop = 0, repeat = 0, delay = 0;  // deliveries
  double late = 0;                         // a start whose answer was lost is applied minutes later
  double stuck = 0;                        // a remote never becomes active
  double false_end = 0;                    // a read says "ended" of what is alive
  Millis list_lag{0};                      // a new remote is not listed before this
};

struct SimRemote {
  RemoteId id;
  SessionId session;  // whose start made it
  std::string place;
  Mono created{}, last_activity{};
  std::optional<Mono> active_at;
  std::optional<Millis> idle, maximum;
  bool alive = true;
  bool stranger = false;    // somebody else's, on the same credential
  bool billed = false;      // it ended, and is billed until it is cleaned up
  bool removed = false;     // it was cleaned up, and is not known any more
  bool unexpected = false;  // came late, or was said to have ended: alive beside another until it is stopped
  State end = State::closed;
  std::optional<Reason> end_reason;
  Mono ended{};
};

struct SimDelivery {
  DeliveryRow row;
  Mono at{};
  int tries = 0;
};

class SimProvider {
 public:
  SimProvider(ProviderName name, ProviderType type, Millis clock_skew)
      : name_(std::move(name)), type_(type), skew_(clock_skew) {}

  // Carries out one call at `now`. Deliveries that follow from it are appended to `outbox`.
  Result<std::vector<Remote>> apply(const Effect& effect, Mono now, Random& random, const Faults& faults);

  // Timeouts up to `now`.
  void expire(Mono now);
  void end_by_third_party(SimRemote& remote, State as, Mono now);
  void add_stranger(Mono now);
  // Applies a start whose answer was lost long ago.
  void start_late(const Effect& effect, Mono now, Random& random);

  ProviderType type() const { return type_; }
  const ProviderName& name() const { return name_; }
  std::vector<SimRemote>& remotes() { return remotes_; }
  const std::vector<SimRemote>& remotes() const { return remotes_; }
  std::vector<SimDelivery>& outbox() { return outbox_; }
  void set_clock(Millis skew) { skew_ = skew; }
  // Notte's idle timeout and maximum.
  void set_limits(Millis idle, std::optional<Millis> maximum) { idle_ = idle, maximum_ = maximum; }
  void bill_ended() { bills_ended_ = true; }          // what has ended is billed until it is cleaned up
  void tell_deadlines() { tells_deadlines_ = true; }  // heartbeats move a deadline, and no activity is told
  bool tells_deadlines() const { return tells_deadlines_; }
  Wall clock(Mono now) const { return Wall{now.time_since_epoch()} + skew_; }

 private:
  Result<std::vector<Remote>> start(const Effect& effect, Mono now, Random& random, double stuck = 0);
  Result<std::vector<Remote>> find(const Effect& effect, Mono now, const Faults& faults);
  Result<std::vector<Remote>> list(const Effect& effect, Mono now, const Faults& faults);
  Result<std::vector<Remote>> read(const Effect& effect, Mono now, bool touch, bool stale);
  Result<std::vector<Remote>> lie_of_end(const Effect& effect, Mono now);
  void announce_false_end(const Effect& effect, Mono now);
  Result<std::vector<Remote>> stop(const Effect& effect, Mono now);
  Result<std::vector<Remote>> clean_up(const Effect& effect);
  Remote describe(const SimRemote& remote, Mono now) const;
  SimRemote* by_id(const RemoteId& id);
  void end(SimRemote& remote, State as, std::optional<Reason> reason, Mono now);
  void announce(const SimRemote& remote, Progress progress, bool failed, Mono at);

  ProviderName name_;
  ProviderType type_;
  bool bills_ended_ = false, tells_deadlines_ = false;
  Millis skew_;
  Millis idle_ = std::chrono::minutes{3};
  std::optional<Millis> maximum_ = std::chrono::minutes{20};
  std::vector<SimRemote> remotes_;
  std::vector<SimDelivery> outbox_;
  int made_ = 0;
};

}  // namespace keeper::sim
