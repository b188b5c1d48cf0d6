// SessionSteps: what the parts of a measurement share: the findings, the journal, the bound of time, and one
// session's start, reading and end. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probe/measurement.h"

namespace keeper::probe {

// One session of the probe's.
struct Subject {
  std::size_t number = 0;  // in the journal
  SessionId session;
  RemoteId remote;
  Now sent;  // the start's call
  Now answered;
  Mono end_by;  // the first stop leaves by then
  std::optional<Mono> active_at;
  std::string last_word;
};

class SessionSteps {
 public:
  SessionSteps(Conversation& conversation, const Limits& limits, Journal& journal, const CleaningPorts& ports,
               Outcome& outcome);

  // False: the probe is to end, by a signal or by its time. The reason is in the outcome.
  bool wait(Mono until);
  bool goes_on() const { return outcome_.broken_off.empty(); }

  // Writes it down, starts it, and sets the findings of the start. Empty where that came to nothing.
  std::optional<Subject> start(Millis life);
  // Reads it and notes its words.
  Heard read(Subject& subject);
  // What a second start made beside the first one's session.
  Status note_second(std::size_t number, const RemoteId& remote);
  // It is seen to be over.
  void note_over(const Subject& subject);
  // Stops every session of the journal that is not over yet.
  void end_all();

  Conversation& conversation() { return conversation_; }
  const Terms& terms() const { return conversation_.terms(); }
  const Limits& limits() const { return limits_; }
  Journal& journal() { return journal_; }
  Findings& findings() { return outcome_.findings; }
  Now now() const { return conversation_.now(); }
  void tell(const std::string& line) const { ports_.tell(line); }
  void break_off(std::string why);

 private:
  void note_word(const std::string& word);

  Conversation& conversation_;
  const Limits& limits_;
  Journal& journal_;
  const CleaningPorts& ports_;
  Outcome& outcome_;
  Mono until_;
};

// The two parts. brief_part(): false where its session did not end, so that none may be started after it.
bool brief_part(SessionSteps& steps);
void lasting_part(SessionSteps& steps);

}  // namespace keeper::probe
