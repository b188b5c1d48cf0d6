// Effects are orders to the outside: calls to a provider and messages to a target. They are carried out only
// after the transaction that made them is on disk. Answers are what comes back, exactly one for each effect.
// Plain values; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/model.h"

namespace keeper {

struct Effect {
  EffectKind kind = EffectKind::observe;
  std::uint64_t ticket = 0;  // names the call in flight; its answer carries it
  SessionId session;         // empty for list
  InstanceId instance;
  PlanName plan;
  ProviderName provider;
  RemoteId remote;  // empty for start, find and list
  std::string place;
  std::string parameters;  // the provider's JSON, without secrets
  bool cancel = false;     // stop: by the provider's cancel call, where it has one
  Mono needed_by{};        // when the session suffers; the queue is ordered by it
  // The call is answered by then, because the session's next heartbeat would come too late else; one that
  // only watches is needed by then as well. Empty: the provider's request_timeout is enough.
  std::optional<Mono> answer_by;
};

// What a provider says of one remote.
struct Remote {
  RemoteId id;
  Progress progress = Progress::started;
  State state = State::active;     // the mapped state: closed, error or timed_out once ended
  std::optional<Reason> reason;    // with an end: why, as far as the provider tells
  std::string native_status;       // the provider's own word
  std::string detail;              // the provider's error text, printable
  std::optional<SessionId> tag;    // ours, where the provider keeps one and it is this store's
  std::optional<Wall> created_at;  // the provider's clock, as the next two
  std::optional<Wall> last_activity_at;
  std::optional<Wall> ended_at;
  std::optional<Millis> idle_timeout;
  std::optional<Millis> maximum;
  std::optional<Wall> expires_at;  // when it ends at the latest, where the answer tells no more than that
  std::optional<Wall> idle_until;  // when it ends unless a heartbeat moves this
  std::string heartbeat_error;     // keep_alive: what the heartbeat itself was answered; empty: it was taken
  std::string other_starter;       // start: who is said to have made it, where that seems to be another
};

// Exactly one per effect. start, observe, keep_alive, stop: one remote. cleanup: none. find: all candidates.
// list: every remote of the credential (of the place, where the provider has one per place) that has not
// ended.
struct Answer {
  EffectKind kind = EffectKind::observe;
  std::uint64_t ticket = 0;
  SessionId session;
  ProviderName provider;
  Mono sent_at{};                    // when the call left
  std::optional<Mono> came_at{};     // when the answer came; the round that first takes it fills it
  std::optional<Wall> provider_now;  // the provider's `Date`, to correct its times by
  Result<std::vector<Remote>> remotes = std::vector<Remote>{};
  // find, list: the provider showed that nothing is missing. Otherwise the answer proves no absence.
  bool whole = false;
  // No request left, for a reason of the keeper's own: the answer says nothing of the provider.
  bool held_back = false;
  // find, list: the loop fills, for each remote that the keeper does not track, the row that the store has
  // for it.
  std::vector<std::optional<SessionRow>> known{};
  // All kinds: the loop fills the deliveries that wait for one of the remotes, in the order of arrival.
  std::vector<DeliveryRow> held{};
  // Of a session's call, while this answer waited for the store: the newest good answer to a heartbeat that
  // went on meanwhile. Null: there was none.
  std::shared_ptr<const Answer> kept{};
};

// A message to a notification target.
struct Post {
  MessageRow message;
  std::uint64_t ticket = 0;  // its answer carries it
};

// What a find or a list shows is judged by those rows.
inline bool shows_remotes(const Answer& answer) {
  return (answer.kind == EffectKind::list || answer.kind == EffectKind::find) && answer.remotes.ok();
}

}  // namespace keeper
