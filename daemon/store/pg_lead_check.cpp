#include "store/pg_lead_check.h"

#include <algorithm>
#include <utility>

namespace keeper {

PgLeadCheck::PgLeadCheck(PgSettings settings, PgFence fence)
    : settings_(std::move(settings)), fence_(std::move(fence)), location_(pg_location(settings_)) {}

std::optional<Mono> PgLeadCheck::ask_once(Mono until) {
  const auto left = [until] { return std::max(until - BootClock::now(), Millis{0}); };
  if (!connection_)
    connection_ = pg::Connection::open(settings_.url.reveal(), settings_.password.reveal(), left());
  const Mono sent = BootClock::now();
  const LeadRow row = look_at_lead(*connection_, settings_.schema, left());
  const bool leads = row.epoch == fence_.epoch && row.token == fence_.token && !row.released;
  return leads ? std::optional<Mono>(sent) : std::nullopt;
}

Result<std::optional<Mono>> PgLeadCheck::ask() {
  const Mono until = BootClock::now() + transaction_patience(settings_.lease);
  return pg::guarded(
      location_,
      [&]() -> Result<std::optional<Mono>> {
        // The server may have closed a connection that was kept, as where it was restarted.
        for (bool again = connection_ != nullptr;; again = false) {
          try {
            return ask_once(until);
          } catch (const std::runtime_error&) {
            connection_.reset();
            if (!again || BootClock::now() >= until) throw;
          }
        }
      },
      [](const pg::Failed&) { return ErrorKind::storage; });
}

}  // namespace keeper
