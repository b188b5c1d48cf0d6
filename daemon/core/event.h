// Events: everything that can happen to the keeper. A timeout is a Tick, and a provider's answer is an event
// as well. Plain values; any thread.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "core/effect.h"
#include "core/plan.h"

namespace keeper {

// Names who waits for an acknowledgement; 0: nobody.
using Waiter = std::uint64_t;

struct Tick {};

// A verified webhook message. The loop fills `seen` (the store or this batch holds its key) and `session`.
struct Delivered {
  DeliveryRow row;
  bool seen = false;
  std::optional<SessionId> session;  // whose remote it is, also of a session that ended long ago
  bool followed = true;              // a type that says something of a session
  Waiter waiter = 0;
};

struct ConfigLoaded {
  std::shared_ptr<const Config> config;
  Waiter waiter = 0;
};

struct ShutdownAsked {
  bool keeps = false;  // no session is stopped, whatever its plan says, since another process goes on with it
};

// What an operator asks for. start, stop_plan, pause, resume: `plan`; stop_session: `session`.
enum class Order { start, stop_plan, stop_session, stop_all, pause, resume };

struct OperatorAsked {
  Order order = Order::start;
  PlanName plan;
  SessionId session;
  bool cancel = false;        // stop_session: by the provider's cancel call
  std::optional<Wall> until;  // pause
  std::string reason;         // pause: the operator's words
  Waiter waiter = 0;
};

// What became of one try to deliver a message. Errors: gone (the target wants no more), anything else is
// tried again.
struct Posted {
  std::string message;
  std::uint64_t ticket = 0;
  Status outcome = Done{};
};

// The store counted what the sessions that are over took in the period, as it is at this moment.
struct PeriodCounted {
  Period period;
  std::vector<SpentBy> spent;
};

// Something that the process around the core has seen, and that somebody is to be told of: it happened, or it
// begins to last (firing), or it is over (resolved). One that begins again, or ends without having begun,
// tells nobody anything.
struct Noticed {
  Topic topic{};
  Phase phase = Phase::happened;
  std::string subject;
  std::string text;
  Waiter waiter = 0;
};

using Event = std::variant<Tick, Answer, Delivered, ConfigLoaded, ShutdownAsked, OperatorAsked, Posted,
                           PeriodCounted, Noticed>;

// accepted, unknown (no such plan or session), refused (it makes no sense now): for operators.
enum class Ack { recorded, duplicate, held, ignored, loaded, accepted, unknown, refused };

struct Acknowledgement {
  Waiter waiter = 0;
  Ack ack = Ack::recorded;
};

}  // namespace keeper
