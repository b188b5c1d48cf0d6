#include "core/delivery_rule.h"

#include "base/planted.h"

namespace keeper {

std::optional<DeliveryMove> move_by_delivery(const SessionRow& session, Progress told, bool failed) {
  const bool late = is_terminal(session.state) || (told <= session.progress && !planted(Bug::progress_back));
  if (late && !planted(Bug::late_delivery)) return std::nullopt;
  if (told == Progress::ended) {
    if (session.ending) {
      return DeliveryMove{told, failed ? State::error : session.ending->state, session.ending->reason};
    }
    if (failed) return DeliveryMove{told, State::error, Reason::provider_failed};
    return DeliveryMove{told, State::closed, Reason::ended_by_provider};
  }
  const bool activates = told >= Progress::started && session.state == State::queued && !session.ending;
  if (activates) return DeliveryMove{told, State::active, Reason::webhook_started};
  return DeliveryMove{told, session.state, std::nullopt};
}

Disposition disposition_of(bool followed, const SessionRow* session, Progress told, bool failed) {
  if (!followed) return Disposition::ignored;
  if (!session) return Disposition::held;
  return move_by_delivery(*session, told, failed) ? Disposition::applied : Disposition::late;
}

}  // namespace keeper
