// Questions: what a round asks of the store before it decides, and the findings that answer it. There are
// five questions: whether a delivery was recorded before, which session a remote belonged to, a session's
// row, the rows of deliveries that wait, and what ended sessions took of a period. All questions of a round
// are asked together, so that a store that is far away is asked once. Plain values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/spending.h"

namespace keeper {

struct Questions {
  struct OfDelivery {
    ProviderName provider;
    std::string key;
    RemoteId remote;
  };
  struct OfRemote {
    ProviderName provider;
    RemoteId id;
    std::optional<SessionId> tag{};  // the session that the remote says it is of
  };
  std::vector<OfDelivery> deliveries{};
  std::vector<OfRemote> remotes{};
  std::vector<SessionId> sessions{};
  std::vector<std::int64_t> held{};  // deliveries whose rows are wanted, by id
  std::vector<Period> periods{};     // of budgets
  Prices prices{};                   // of the sessions in them; none: no least time and no increment

  bool empty() const {
    return deliveries.empty() && remotes.empty() && sessions.empty() && held.empty() && periods.empty();
  }
};

// What is known of a delivery that came.
struct Seen {
  bool delivery = false;             // the same delivery was recorded before
  std::optional<SessionId> session;  // the newest session that had its remote, which may have ended long ago
};

struct Findings {
  std::vector<Seen> seen;  // as Questions::deliveries
  // As Questions::remotes: the row of the newest session that had the remote; where none had it, of the one
  // that its tag names.
  std::vector<std::optional<SessionRow>> known;
  std::vector<std::optional<SessionRow>> sessions;  // as Questions::sessions
  std::map<std::int64_t, DeliveryRow> held;         // those that are there, without their bodies
  // As Questions::periods: how much time the sessions that have ended, and whose remote is gone, took in the
  // period. Each is billed for at least the minimum of its provider.
  std::vector<std::vector<SpentBy>> spent;
};

}  // namespace keeper
