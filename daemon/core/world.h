// The keeper's memory: one table for each kind of thing that it remembers, the single values, and the indices
// that are derived from them. Tables is the list of the tables. Only Keeper changes a World, by a Decision;
// revert() takes back what apply() did. Rows are as in the store; everything else is volatile and is made
// anew after a start of the process. Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/deadline.h"
#include "core/effect.h"
#include "core/event.h"
#include "core/held.h"
#include "core/plan.h"

namespace keeper {

// A call on its way. Exactly one per session, and its answer always comes.
struct Flight {
  EffectKind kind = EffectKind::observe;
  std::uint64_t ticket = 0;
  Mono since{};
  bool operator==(const Flight&) const = default;
};

// A session that is not resolved, with what is known only while the process lives.
struct Tracked {
  SessionRow row;
  std::optional<Flight> flight;
  Moment call_at;                   // the next provider call is not before this
  SessionDeadline beat_at;          // the next heartbeat
  SessionDeadline idle_at;          // the provider's idle timeout passes
  SessionDeadline hard_at;          // the provider's maximum passes
  SessionDeadline own_hard_at;      // the plan's max_duration passes
  SessionDeadline rollover_at;      // a successor is due
  SessionDeadline start_by;         // start_timeout passes
  SessionDeadline stop_by;          // stop_timeout passes
  Mono start_sent{};                // the last moment at which a start may have left
  Mono stop_sent_by = Mono::min();  // until then a stop may leave that a former process had begun
  bool sent_before = false;         // by an earlier process: start_sent is only its upper bound
  bool is_doubted = false;          // whether its start was lost was asked once (doubt_start())
  std::optional<Millis> life;       // of its remote if nobody keeps it, by the plan that sent the start
  Mono known_at{};                  // when this process first knew the remote, which was created before that
  Mono read_at{};                   // when the call of the newest good reading left
  std::optional<Wall> activity;     // what that reading told as the last activity
  std::optional<Wall> deadline;     // what it told as the deadline that heartbeats move
  Mono activity_told_at{};          // when the answer came that told it first
  int absent_reads = 0;             // answers in a row that did not know the remote
  Mono absent_since{};              // when the first of them came
  int tries = 0;                    // calls in a row that failed
  Millis idle{0};                   // the provider's idle timeout, where idle_at is set
  Millis beat_every{0};             // how often it is kept alive, where beat_at is set
  int vain_heartbeats = 0;          // heartbeats in a row that did not move the idle clock
  bool beats_sooner = false;  // than the plan asks, whose heartbeat is not shorter than the idle timeout
  bool confirm = false;       // a delivery said something that a read should confirm
  bool seen_alive = false;    // by this process
  bool is_over = false;       // its end is confirmed, and what it left at the provider is to be cleaned up
  Moment due;                 // when settle() is needed next; mono_never: an event will come
  bool operator==(const Tracked&) const = default;
};

struct SlotKey {
  PlanName plan;
  int replica = 0;
  auto operator<=>(const SlotKey&) const = default;
};

// One of a plan's `count` places for a session.
struct Slot {
  std::optional<Wall> occurrence;   // the newest that was begun
  int attempts = 0;                 // made for it
  int failures = 0;                 // early ends in a row
  std::optional<State> last_state;  // how its newest attempt ended
  std::optional<Reason> last_reason;
  std::string last_error;
  bool ended_by_reload = false;    // its newest attempt
  std::optional<Mono> vacated_at;  // when the last session left that this process saw alive
  Moment retry_at;                 // the next attempt is not before this
  std::vector<SessionId> live;     // unresolved sessions, oldest first
  bool operator==(const Slot&) const = default;
};

// A plan's durable row and when it must be looked at next, on both clocks.
struct PlanTrack {
  PlanRow row;
  Wall wake_wall = Wall::max();
  Mono wake_mono = mono_never;
  bool operator==(const PlanTrack&) const = default;
};

// Serialises starts whose lost answers could not be told apart.
struct Scope {
  std::set<SessionId> holders;  // they occupy it: a start of theirs is unanswered, or the place is theirs
  std::vector<SessionId> waiting;
  bool operator==(const Scope&) const = default;
};

// A start whose answer was lost and that was then proven absent. Where remotes carry no tag, one that turns
// up later is told by it.
struct AbsentStart {
  Mono from{};  // it left at the earliest
  Mono sent{};  // and at the latest
  Mono forget_at{};
  bool operator==(const AbsentStart&) const = default;
};

// Whether a provider's times of creation are true, by the sessions whose start the keeper sent. Pools of
// sessions that were made before, and zones, put them hours off.
enum class CreationTimes { untested, right, wrong };

struct ProviderTrack {
  bool healthy = true;
  std::string last_error;
  int failures = 0;           // calls in a row that did not get through
  Mono starts_from{};         // no start leaves before this: the circuit is open, or an allowance used up
  bool exhausted = false;     // starts_from is by the provider's word
  bool starts_wait = false;   // for its allowance, as far as is known
  Mono breaks_first_until{};  // it had no room for a successor: until then rollovers break first
  bool cut_off = false;       // this machine has no route to it
  bool denied = false;        // the last call was refused because of the credentials
  std::optional<Millis> beat_took;         // what a heartbeat takes, as seen lately
  std::optional<Millis> call_took;         // what the last call took, until a heartbeat was seen
  std::optional<SessionId> probe;          // the one start that is let through after a circuit was open
  std::vector<AbsentStart> absent_starts;  // oldest first, few
  std::optional<Millis> clock_ahead;       // the provider's clock less our boot-time clock
  Mono clock_seen{};                       // when a `Date` last agreed with it
  CreationTimes creation_times = CreationTimes::untested;
  bool lists_tags = false;  // a list has shown a tag of ours
  bool operator==(const ProviderTrack&) const = default;
};

// What is listed together: a provider's credential, or one of its places.
struct SweepKey {
  ProviderName provider;
  std::string place;
  auto operator<=>(const SweepKey&) const = default;
};

// A remote that the provider lists and the keeper does not touch.
struct Stranger {
  RemoteId remote;
  std::optional<Wall> created_at;
  std::string native_status;
  bool ours = false;  // reported only, by policy
  bool operator==(const Stranger&) const = default;
};

// The search for remotes that no session stands for.
struct Sweep {
  Mono due = mono_never;
  std::optional<std::uint64_t> ticket;  // of the call in flight
  std::optional<Wall> done_at;          // the last one that was answered
  std::vector<Stranger> strangers;
  std::map<RemoteId, Mono> listed;  // what the list shows, with when it was first shown
  std::string last_error;
  bool operator==(const Sweep&) const = default;
};

// What a budget covers, beside the sessions that are in the memory.
struct BudgetTrack {
  std::optional<Period> counted;          // for which `ended` holds; empty: the store is to be asked
  std::map<ProviderName, Spent> ended{};  // sessions that left the memory
  BudgetLevel level = BudgetLevel::within;
  bool refused =
      false;  // in this period something did not begin, because the least that it costs did not fit
  bool operator==(const BudgetTrack&) const = default;
};

struct AlertTrack {
  AlertRow row;
  Mono repeat_at = mono_never;
  bool operator==(const AlertTrack&) const = default;
};

struct MessageTrack {
  MessageRow row;
  Mono due = mono_never;                // of the next try
  std::optional<std::uint64_t> ticket;  // of the one under way
  bool operator==(const MessageTrack&) const = default;
};

struct TargetTrack {
  Mono quiet_until{};                  // no further message before this
  std::optional<std::string> forming;  // the message that still takes notices
  int opened = 0;
  std::optional<Wall> failing_since;  // no try has got through since; empty: the last one did
  std::string last_error;             // of the last try, if that failed
  bool operator==(const TargetTrack&) const = default;
};

// The keeper's single values.
struct Values {
  std::shared_ptr<const Config> config;
  bool shutting_down = false;
  bool sessions_go_on = false;  // under another process, when this one ends
  std::uint64_t tickets = 0;
  std::int64_t last_delivery = 0;      // the id of the newest one
  std::optional<Millis> clock_offset;  // wall minus boot time at the last event; a change is a clock step
  Mono budgets_due = mono_never;
};

// The one list of the keeper's tables. The memory is `Of` = MemoryTable, an edit in the making is Edits, and
// what a decision changes is Changes. Who adds a table adds it here and in for_each_table(), which does not
// compile without it.
template <template <class, class> class Of>
struct Tables {
  Of<SessionId, Tracked> sessions;
  Of<SlotKey, Slot> slots;
  Of<PlanName, PlanTrack> plans;
  Of<std::string, Scope> scopes;
  Of<ProviderName, ProviderTrack> providers;
  Of<SweepKey, Sweep> sweeps;
  Of<std::int64_t, Held> held;
  Of<BudgetKey, BudgetTrack> budgets;
  Of<AlertKey, AlertTrack> alerts;
  Of<std::string, MessageTrack> messages;  // that wait, by id
  Of<TargetName, TargetTrack> targets;
};

// Calls `visit` once for each table, with that table of each of `some`.
template <class Visit, class... Some>
constexpr void for_each_table(Visit&& visit, Some&... some) {
  visit(some.sessions...);
  visit(some.slots...);
  visit(some.plans...);
  visit(some.scopes...);
  visit(some.providers...);
  visit(some.sweeps...);
  visit(some.held...);
  visit(some.budgets...);
  visit(some.alerts...);
  visit(some.messages...);
  visit(some.targets...);
}

template <class, class>
struct Mark {
  bool visited = false;
};
static_assert(sizeof(Mark<int, int>) == 1);
static_assert(
    [] {
      Tables<Mark> marks{};
      std::size_t visited = 0;
      for_each_table(
          [&](auto& mark) {
            if (!mark.visited) ++visited;
            mark.visited = true;
          },
          marks);
      return visited;
    }() == sizeof(Tables<Mark>),
    "for_each_table() visits each of the Tables");

template <class K, class V>
struct TableType {
  using type = std::map<K, V>;
};
template <>
struct TableType<std::int64_t, Held> {
  using type = HeldDeliveries;
};
template <class K, class V>
using MemoryTable = typename TableType<K, V>::type;

// An edit: the new value, or empty for what leaves the memory.
template <class K, class V>
using Edits = std::map<K, std::optional<V>>;

template <class K, class V>
struct Change {
  K key;
  std::optional<V> before;
  std::optional<V> after;
};
template <class K, class V>
using Changes = std::vector<Change<K, V>>;

// Null: there is none.
template <class K, class V>
const V* find_in(const std::map<K, V>& table, const K& key) {
  const auto found = table.find(key);
  return found == table.end() ? nullptr : &found->second;
}
inline const Held* find_in(const HeldDeliveries& table, std::int64_t id) { return table.find(id); }

// What install() applies and revert() takes back, and the rows, effects and messages that go with it.
struct Decision : Tables<Changes> {
  Values values_before;
  Values values_after;

  Batch batch;
  std::vector<Effect> effects;
  std::vector<Post> posts;
  std::vector<Notice> notices;  // all, for the log
  std::vector<Acknowledgement> acks;
};

// A delivery that one of these decisions records; null: none does.
const DeliveryRow* recorded_by(const std::vector<Decision>& decisions, std::int64_t id);

struct World : Values, Tables<MemoryTable> {
  InstanceId instance;
  Mono start_bound = Mono::min();  // see Ledger
  Mono doubt_until = Mono::min();  // see Ledger
  std::array<std::int64_t, 5> counts{};

  // Derived by apply().
  std::map<RemoteKey, SessionId> by_remote;
  std::set<std::pair<Mono, SessionId>> session_queue;
  std::set<std::pair<Mono, PlanName>> plan_queue_mono;
  std::set<std::pair<Wall, PlanName>> plan_queue_wall;
  std::set<std::pair<Mono, SweepKey>> sweep_queue;
  std::set<std::pair<Mono, AlertKey>> alert_queue;
  std::set<std::pair<Mono, std::string>> message_queue;

  World() { config = std::make_shared<Config>(); }

  void apply(const Decision& decision);
  void revert(const Decision& decision);
};

}  // namespace keeper
