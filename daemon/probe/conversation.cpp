#include "probe/conversation.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace keeper::probe {
namespace {

// After a refusal for want of a rate: what it asks for, within these.
constexpr Millis refused_min = Seconds{5};
constexpr Millis refused_max = Seconds{30};

}  // namespace

const Remote* Heard::remote() const {
  return ok() && !reply.remotes->empty() ? &reply.remotes->front() : nullptr;
}

bool Heard::is_over() const {
  return is_gone() || (remote() != nullptr && remote()->progress == Progress::ended);
}

Heard Conversation::ask(EffectKind kind, const SessionId& session, const RemoteId& remote) {
  Effect effect;
  effect.kind = kind;
  effect.session = session;
  effect.instance = terms_.instance;
  effect.plan = terms_.plan.name;
  effect.provider = terms_.provider;
  effect.remote = remote;
  effect.place = terms_.plan.place;
  effect.parameters = terms_.plan.parameters;
  if (pace_.now().mono < next_turn_ && !pace_.wait(next_turn_)) called_off_ = true;
  trace_.asked(effect);
  const Now sent = pace_.now();
  Reply reply = keeper::wait(carry_out(provider_, effect));
  Heard heard{sent, pace_.now(), std::move(reply), trace_.statuses()};
  trace_.read(heard.reply);
  note_clock(heard);
  note_turn(heard);
  return heard;
}

bool Conversation::wait(Mono until) {
  if (std::exchange(called_off_, false)) return false;
  return pace_.wait(until);
}

void Conversation::note_turn(const Heard& heard) {
  const auto calls = static_cast<Millis::rep>(std::max<std::size_t>(heard.statuses.size(), 1));
  next_turn_ = heard.sent.mono + terms_.call_spacing * calls;
  if (heard.ok() || heard.error().kind != ErrorKind::exhausted) return;
  const Millis asked = heard.error().retry_after.value_or(refused_min);
  next_turn_ = std::max(next_turn_, heard.came.mono + std::clamp(asked, refused_min, refused_max));
}

// A Date has whole seconds, so that half a second is added on the average.
void Conversation::note_clock(const Heard& heard) {
  if (!heard.reply.provider_now) return;
  const Millis took = heard.came.mono - heard.sent.mono;
  if (offset_ && took >= offset_took_) return;
  offset_ = *heard.reply.provider_now + Millis{500} - (heard.came.wall - took / 2);
  offset_took_ = took;
}

Mono Conversation::here(Wall there, const Now& now) const {
  return now.mono - (now.wall + offset_.value_or(Millis{0}) - there);
}

std::string seconds_text(Millis time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(time.count()) / 1000);
  return text;
}

}  // namespace keeper::probe
