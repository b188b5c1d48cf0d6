// History: what the status listener and the command line read of the store, over read-only connections of its
// own. Any thread may call it; each call takes a connection for as long as it lasts. It never writes. A read
// that takes too long is cut off, because no store can clear up behind a read that is open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "core/spending.h"
#include "store/store_backup.h"

namespace keeper {

// `next` is to be given as `before` for the following, older page. It is empty on the last page.
template <class Row>
struct Page {
  std::vector<Row> rows;
  std::optional<std::int64_t> next;
};

struct SessionQuery {
  std::optional<PlanName> plan{};
  std::optional<ProviderName> provider{};
  std::optional<State> state{};
  std::optional<std::int64_t> before{};
  int limit = 100;
};

// The newest come first, or with `after_seq` the oldest, and `next` is then the `after_seq` of the following
// page. `since` selects what was recorded at this time or later. Where the pages go by `after_seq`, only the
// first one searches for that time.
struct TransitionQuery {
  std::optional<SessionId> session{};
  std::optional<PlanName> plan{};
  std::optional<Wall> since{};
  std::optional<std::int64_t> after_seq{};
  std::optional<std::int64_t> before{};
  int limit = 100;
};

struct DeliveryQuery {
  std::optional<ProviderName> provider{};
  std::optional<Disposition> disposition{};
  std::optional<SessionId> session{};
  std::optional<std::int64_t> before{};
  int limit = 100;
};

// Occurrences that began nothing; `before` is one's time in milliseconds.
struct MissedQuery {
  PlanName plan{};
  std::optional<std::int64_t> before{};
  int limit = 100;
};

// Messages to notification targets.
struct MessageQuery {
  std::optional<TargetName> target{};
  std::optional<std::int64_t> before{};
  int limit = 100;
};

class History {
 public:
  // The file must be there, made by a Store of this version. Not for in-memory stores.
  static Result<std::unique_ptr<History>> open(const std::string& path, Millis read_limit = Seconds{5});

  virtual ~History() = default;
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // Newest first, by creation.
  virtual Result<Page<SessionRow>> sessions(const SessionQuery& query) = 0;
  virtual Result<std::optional<SessionRow>> session(const SessionId& id) = 0;

  // Those whose remote is gone and that ended after `since`, the latest end first.
  virtual Result<std::vector<SessionRow>> ended_since(Wall since, int limit) = 0;

  virtual Result<Page<TransitionRow>> transitions(const TransitionQuery& query) = 0;

  // Newest first, without bodies.
  virtual Result<Page<DeliveryRow>> deliveries(const DeliveryQuery& query) = 0;

  // Newest first, by their times.
  virtual Result<Page<MissedRow>> missed(const MissedQuery& query) = 0;

  // Newest first, with their notices.
  virtual Result<Page<MessageRow>> messages(const MessageQuery& query) = 0;

  // By plan and provider; sessions that are not over count up to `now`.
  virtual Result<std::vector<SpentBy>> spent(const Period& period, const Prices& prices, Wall now) = 0;

  // With its body.
  virtual Result<std::optional<DeliveryRow>> delivery(std::int64_t id) = 0;

  // The whole store as an SQLite file. It takes as long as it needs.
  virtual Result<std::shared_ptr<const BackupCopy>> backup() = 0;

 protected:
  History() = default;
};

}  // namespace keeper
