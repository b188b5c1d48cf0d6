#include "probe/session_steps.h"

#include <algorithm>

#include "base/hash.h"

namespace keeper::probe {

SessionSteps::SessionSteps(Conversation& conversation, const Limits& limits, Journal& journal,
                           const CleaningPorts& ports, Outcome& outcome)
    : conversation_(conversation),
      limits_(limits),
      journal_(journal),
      ports_(ports),
      outcome_(outcome),
      until_(conversation.now().mono + limits.max_time) {}

void SessionSteps::break_off(std::string why) {
  if (outcome_.broken_off.empty()) outcome_.broken_off = std::move(why);
}

bool SessionSteps::wait(Mono until) {
  if (!goes_on()) return false;
  if (now().mono >= until_) {
    break_off("the time was up");
  } else if (!conversation_.wait(std::min(until, until_))) {
    break_off("it was asked to end");
  }
  return goes_on();
}

void SessionSteps::note_word(const std::string& word) {
  auto& words = outcome_.words;
  if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

std::optional<Subject> SessionSteps::start(Millis life) {
  Subject subject;
  subject.session =
      SessionId{stable_hex128(terms().instance.str() + "|" + std::to_string(journal_.starts().size()))};
  const auto number = journal_.intend(subject.session, now().wall);
  if (!number) {
    break_off(number.error().what);
    return std::nullopt;
  }
  subject.number = *number;
  tell("starting a session");
  const Heard heard = conversation_.ask(EffectKind::start, subject.session);
  subject.sent = heard.sent;
  subject.answered = heard.came;
  subject.end_by = heard.sent.mono + life - stop_reserve(terms());
  const Remote* remote = heard.remote();
  if (remote == nullptr) {
    const Error& error = heard.error();
    findings().set(Claim::start, Verdict::fails, error.what);
    const bool made_none = error.kind == ErrorKind::denied || error.kind == ErrorKind::not_applied ||
                           error.kind == ErrorKind::exhausted || error.kind == ErrorKind::cut_off;
    const Status noted = made_none ? journal_.note_over(subject.number) : Status(Done{});
    break_off(noted ? "the start failed" : noted.error().what);
    return std::nullopt;
  }
  subject.remote = remote->id;
  subject.last_word = remote->native_status;
  note_word(remote->native_status);
  if (const Status noted = journal_.note_remote(subject.number, remote->id); !noted)
    break_off(noted.error().what);
  ++outcome_.started;
  tell("started " + remote->id.str() + ", which is '" + remote->native_status + "'");
  findings().set(Claim::start, Verdict::holds, seconds_text(heard.came.mono - heard.sent.mono));
  if (remote->state == State::active) subject.active_at = heard.came.mono;
  return subject;
}

Heard SessionSteps::read(Subject& subject) {
  Heard heard = conversation_.ask(EffectKind::observe, subject.session, subject.remote);
  const Remote* remote = heard.remote();
  if (remote == nullptr) return heard;
  subject.last_word = remote->native_status;
  note_word(remote->native_status);
  if (remote->state == State::active && !subject.active_at) subject.active_at = heard.came.mono;
  return heard;
}

Status SessionSteps::note_second(std::size_t number, const RemoteId& remote) {
  ++outcome_.started;
  return journal_.note_remote(number, remote);
}

void SessionSteps::note_over(const Subject& subject) {
  outcome_.lived += now().mono - subject.sent.mono;
  if (const Status noted = journal_.note_over(subject.number); !noted) break_off(noted.error().what);
}

void SessionSteps::end_all() {
  const Millis patience = std::max<Millis>(terms().plan.stop_timeout, std::chrono::minutes{1});
  const std::vector<Start> before = journal_.starts();
  outcome_.left = clean(conversation_, journal_, patience, ports_);
  for (const Start& start : before) {
    const Start& after = journal_.starts()[start.number];
    if (!start.over && after.over && start.remote) outcome_.lived += now().wall - start.sent;
  }
}

}  // namespace keeper::probe
