#include "core/lost_start.h"

#include <algorithm>

#include "base/planted.h"
#include "core/condition.h"
#include "core/lifecycle.h"
#include "core/notices.h"

namespace keeper {
namespace {

constexpr std::string_view lost_words = "the start's answer was lost, and ";

std::optional<Wall> over_on_wall(const Draft& draft, const Tracked& session) {
  const Mono over = start_over_at(draft, session);
  if (over == mono_never) return std::nullopt;
  return draft.now().wall + (over - draft.now().mono);
}

}  // namespace

std::optional<Millis> life_unattended(const Plan& plan) {
  if (!plan.idle_timeout && !plan.maximum) return plan.max_duration;
  return std::min(plan.idle_timeout.value_or(Millis::max()), plan.maximum.value_or(Millis::max()));
}

void note_sender_gone(Tracked& session) {
  if (session.sent_before) session.row.start_sent_by_mono = session.start_sent;
}

Mono start_over_at(const Draft& draft, const Tracked& session) {
  std::optional<Millis> life = session.life;
  // Started by an earlier process: its plan tells, as long as it is the same.
  const Plan* plan = draft.plan(session.row.plan);
  if (session.sent_before && plan && plan->fingerprint == session.row.fingerprint)
    life = life_unattended(*plan);
  const Traits* traits = draft.traits(session.row.provider);
  if (planted(Bug::starts_in_doubt)) return session.start_sent + std::chrono::minutes{1};
  if (!life || !traits) return mono_never;
  return session.start_sent + *life + provider_grace(*traits);
}

void tell_lost_start(Draft& draft, const SessionId& id, const std::string& why) {
  Tracked& session = draft.edit(id);
  if (session.row.last_error.find(lost_words) != std::string::npos) return;
  const auto until = over_on_wall(draft, session);
  session.row.last_error =
      std::string(lost_words) + why + "; it is not sent again " +
      (until ? "before " + to_rfc3339(*until) + ", when its remote is over"
             : "by itself: look at the provider, end there what it made, then stop this session");
  happen(draft, Topic::session_lost, session.row.plan.str(),
         "session " + id.str() + " of plan " + session.row.plan.str() + ": " + session.row.last_error);
}

std::optional<LostStart> lost_start_of(const Draft& draft, const Tracked& session) {
  const SessionRow& row = session.row;
  const bool open = row.start_sent_at && !row.remote_id && !is_terminal(row.state);
  const std::size_t at = open ? row.last_error.find(lost_words) : std::string::npos;
  if (at == std::string::npos) return std::nullopt;
  return LostStart{row.last_error.substr(at), over_on_wall(draft, session)};
}

void believe_operator(Draft& draft, const SessionId& id) {
  const Tracked* session = draft.find(id);
  if (!session->row.ending || session->flight || !lost_start_of(draft, *session)) return;
  if (start_over_at(draft, *session) != mono_never) return;
  draft.edit(id).row.start_sent_at.reset();
  release_scope(draft, id);
  end_as_asked(draft, id, "an operator ended it; what its start made at the provider is not known");
}

}  // namespace keeper
