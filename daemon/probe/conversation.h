// Conversation: the calls of a probe. Each effect goes by it: it is carried out by the program's own adapter,
// and what came of it stands in the trace. It knows how far the provider's clock and ours differ. One thread,
// which waits for each answer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "probe/pace.h"
#include "probe/terms.h"
#include "probe/trace.h"
#include "provider/provider.h"

namespace keeper::probe {

struct Heard {
  Now sent;
  Now came;
  Reply reply;
  std::vector<int> statuses;  // of its HTTP calls; 0 where no answer came

  bool ok() const { return reply.remotes.ok(); }
  const Error& error() const { return reply.remotes.error(); }
  bool is_gone() const { return !ok() && error().kind == ErrorKind::gone; }
  // Of start, observe, keep_alive and stop; null where it failed.
  const Remote* remote() const;
  // The session is over, by its own words or because it is not known any more.
  bool is_over() const;
};

class Conversation {
 public:
  // All of them outlive it.
  Conversation(Provider& provider, const Terms& terms, Pace& pace, Trace& trace)
      : provider_(provider), terms_(terms), pace_(pace), trace_(trace) {}

  // Waits for its turn first: by Terms::call_spacing, and after an answer that asks for time.
  Heard ask(EffectKind kind, const SessionId& session, const RemoteId& remote = {});

  // As Pace::wait(). Also tells of what ended the wait for a turn.
  bool wait(Mono until);

  const Terms& terms() const { return terms_; }
  Now now() const { return pace_.now(); }
  Trace& trace() { return trace_; }

  // The provider's clock less ours, by the Date of the quickest answer; empty: no answer had one.
  std::optional<Millis> clock_offset() const { return offset_; }
  // A time of the provider's on our boot clock.
  Mono here(Wall there, const Now& now) const;

 private:
  void note_clock(const Heard& heard);
  void note_turn(const Heard& heard);

  Provider& provider_;
  const Terms& terms_;
  Pace& pace_;
  Trace& trace_;
  std::optional<Millis> offset_;
  Millis offset_took_{};
  Mono next_turn_{};
  bool called_off_ = false;  // while it waited for its turn
};

// "12.3 s"
std::string seconds_text(Millis time);

}  // namespace keeper::probe
