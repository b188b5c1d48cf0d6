// The rows: what is durable of sessions, their transitions, webhook deliveries, plans, alerts and messages.
// Times are UTC. Deadlines are not here, because they are never stored. An empty optional is "not yet" or
// "not known", as its comment says. Plain values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/words.h"

namespace keeper {

inline bool is_terminal(State state) { return state != State::queued && state != State::active; }

// An end that has been decided and is not confirmed yet.
struct Ending {
  State state = State::closed;  // what the session will be: closed, error or timed_out
  Reason reason = Reason::stopped_by_plan;
  Cause cause = Cause::schedule;
  Wall asked_at{};
  bool cancel = false;  // by the provider's cancel call, where it has one
  bool operator==(const Ending&) const = default;
};

struct SessionRow {
  SessionId id;
  PlanName plan;
  ProviderName provider;
  Wall occurrence{};        // the scheduled time that it serves; the epoch for an `always` plan
  int replica = 0;          // 0 .. count - 1
  int attempt = 0;          // 0 is the first for its occurrence and replica
  int failures = 0;         // attempts in a row before this one that failed early
  std::string place;        // where the provider holds one session only (Sonoran's server), else empty
  std::string parameters;   // what the start asks for: the provider's JSON, without secrets
  std::string fingerprint;  // of provider and parameters

  State state = State::queued;
  Reason reason = Reason::scheduled;
  Progress progress = Progress::asked;
  std::string native_status;  // the provider's own word, as received
  std::optional<RemoteId> remote_id;
  std::optional<Wall> start_sent_at;  // a start may have left: set before it does, cleared when proven absent
  std::optional<Mono>
      start_sent_mono;  // when, at the earliest, by the boot-time clock; empty once the machine rebooted
  // When, at the latest, by the same clock: the next process began. Empty while none has.
  std::optional<Mono> start_sent_by_mono;
  std::optional<Ending> ending;
  // Ended, and the provider confirmed that no remote is left, nor anything else that it would bill.
  bool resolved = false;

  Wall created_at{};
  std::optional<Wall> active_at;
  std::optional<Wall> ended_at;  // never before its begin, also where the wall clock was set back meanwhile
  std::optional<SessionId> predecessor;
  std::optional<SessionId> successor;
  std::string last_error;

  bool operator==(const SessionRow&) const = default;
};

struct TransitionRow {
  std::int64_t seq = 0;  // given by the store
  SessionId session;
  PlanName plan;
  ProviderName provider;
  std::optional<RemoteId> remote_id;
  std::optional<State> from;  // empty: created
  State to = State::queued;
  Reason reason = Reason::scheduled;
  Cause cause = Cause::schedule;
  Wall at{};           // when it happened, as far as is known
  Wall recorded_at{};  // when the keeper decided it
  std::string detail;
  bool operator==(const TransitionRow&) const = default;
};

struct DeliveryRow {
  std::int64_t id = 0;  // in the order of arrival, by the keeper; 0: the store gives one
  ProviderName provider;
  std::string key;   // unique per provider: delivery_key(), or "sha256|digest" of an ignored one
  std::string type;  // the provider's word for the event
  Progress progress = Progress::asked;  // what the type says of its remote
  bool failed = false;                  // with ended: failed, not stopped
  RemoteId remote_id;                   // normalised; empty for an ignored type without one
  std::optional<SessionId> session;
  Disposition disposition = Disposition::held;
  Wall received_at{};
  std::string
      body;  // the raw bytes as signed; empty when a known row, by its id, only changes its disposition
  std::string digest;  // SHA-256 of the body, hex
  bool operator==(const DeliveryRow&) const = default;
};

// What makes a delivery that is followed the same as another: providers send no id with it.
std::string delivery_key(std::string_view type, const RemoteId& remote);

// A delivery that waits for its session: what finds it again.
struct HeldRow {
  std::int64_t id = 0;
  ProviderName provider;
  RemoteId remote_id;
  bool operator==(const HeldRow&) const = default;
};

// An operator's pause: no starts until it is lifted. Sessions that live go on.
struct Pause {
  Wall since{};
  std::optional<Wall> until;  // empty: until `resume`
  std::string reason;         // the operator's words
  bool operator==(const Pause&) const = default;
};

// A start by an operator outside the schedule: wanted from `begin` to `end`.
struct ByHand {
  Wall begin{};
  Wall end{};
  bool operator==(const ByHand&) const = default;
};

// Scheduled times from the first to the last of which each was begun or passed over. Both are included.
struct HandledTimes {
  Wall first{};
  Wall last{};
  bool operator==(const HandledTimes&) const = default;
};

// The newest window that a plan has opened.
struct OpenWindow {
  Wall time{};        // see Window
  Wall occurrence{};  // what its sessions serve: `time`, unless a clock that was ahead gave that away already
  bool operator==(const OpenWindow&) const = default;
};

// What is durable about a plan beyond its configuration.
struct PlanRow {
  PlanName name;
  Wall known_since{};                // occurrences before it are none of ours
  std::optional<Wall> looked_until;  // what was due until then is begun, passed over, or in `missed`
  // Of the schedule that known_since is of, see Schedule::fingerprint(). Empty: a program that did not store
  // it wrote the row. An empty text: the plan is not in the configuration.
  std::optional<std::string> schedule;
  std::vector<HandledTimes> handled;  // what was begun or passed over; sorted, apart, few
  std::optional<Wall> buffered;       // the occurrence that begins once the last one's sessions are gone
  std::optional<OpenWindow> window;
  std::optional<Pause> pause;
  std::optional<ByHand> by_hand;
  bool operator==(const PlanRow&) const = default;
};

// An occurrence that was due and began nothing.
struct MissedRow {
  PlanName plan;
  Wall occurrence{};
  Missed why = Missed::overlap;
  Wall recorded_at{};
  bool operator==(const MissedRow&) const = default;
};

// What somebody is told.
struct Notice {
  Topic topic = Topic::session_lost;
  Phase phase = Phase::happened;
  std::string subject;  // the plan, provider or budget
  Wall since{};         // of what lasts
  Wall at{};
  int times = 1;  // that it happened, since the last message
  std::string text;
  bool operator==(const Notice&) const = default;
};

// What has been told to a target and is not resolved; a restart tells it no second time.
struct AlertKey {
  TargetName target;
  Topic topic = Topic::plan_degraded;
  std::string subject;
  auto operator<=>(const AlertKey&) const = default;
};

struct AlertRow {
  AlertKey key;
  Wall since{};
  Wall told_at{};
  std::string text;
  bool operator==(const AlertRow&) const = default;
};

// Notices on their way to one target. Each try carries the same id, so that the receiver can tell a repeat.
struct MessageRow {
  std::string id;
  TargetName target;
  Wall created_at{};
  int attempts = 0;
  Wall next_at{};  // of the next try, while it waits
  MessageState state = MessageState::waiting;
  std::optional<Wall> settled_at;
  std::string last_error;
  std::vector<Notice> notices;
  bool operator==(const MessageRow&) const = default;
};

// One transaction.
struct Batch {
  std::vector<SessionRow> sessions;  // inserted or replaced by id
  std::vector<TransitionRow> transitions;
  std::vector<DeliveryRow> deliveries;  // inserted, or session and disposition changed, by (provider, key)
  std::vector<PlanRow> plans;           // inserted or replaced by name
  std::vector<MissedRow> missed;        // inserted; ignored if (plan, occurrence) is there
  std::vector<AlertRow> alerts;         // inserted or replaced by key
  std::vector<AlertKey> resolved;       // alerts, deleted
  std::vector<MessageRow> messages;     // inserted or replaced by id
  bool empty() const {
    return sessions.empty() && transitions.empty() && deliveries.empty() && plans.empty() && missed.empty() &&
           alerts.empty() && resolved.empty() && messages.empty();
  }
};

// The rows of `from` come after those of `to`: of an alert only its last row counts, and what was resolved
// and raised anew stays.
void append(Batch& to, const Batch& from);

// Everything that the keeper needs after a start of the process.
struct Ledger {
  InstanceId instance;
  std::vector<SessionRow> unresolved;  // sessions whose remote may still exist
  std::vector<SessionRow> latest;      // the newest session of each (plan, replica)
  std::vector<PlanRow> plans;
  std::vector<HeldRow> held;       // by id
  std::int64_t last_delivery = 0;  // the greatest id
  std::vector<AlertRow> alerts;
  std::vector<MessageRow> messages;                      // that wait
  std::array<std::int64_t, all_states.size()> counts{};  // sessions by state, in the order of all_states
  std::int64_t last_seq = 0;
  // Until when a start, or a stop that names a place, may still leave that an earlier process had begun.
  // Before now: none may, because that process has ended.
  Mono start_bound = Mono::min();
  // The store may have lost rows that it had acknowledged: a session that has no start, and is loaded or
  // made before this, may have one all the same, and a remote with a tag of ours may be that of a session
  // without a row. Before now: no row is lost.
  Mono doubt_until = Mono::min();
};

}  // namespace keeper
