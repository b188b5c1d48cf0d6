// History: what the status listener and the command line read of the store, over read-only connections of its
// own. Any thread may call it; each call takes a connection for as long as it lasts. It never writes and
// never checkpoints. A read that takes too long is cut off, because the write-ahead log cannot shrink while a
// read is open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "core/spending.h"

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

  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // Newest first, by creation.
  Result<Page<SessionRow>> sessions(const SessionQuery& query);
  Result<std::optional<SessionRow>> session(const SessionId& id);

  // Those whose remote is gone and that ended after `since`, the latest end first.
  Result<std::vector<SessionRow>> ended_since(Wall since, int limit);

  Result<Page<TransitionRow>> transitions(const TransitionQuery& query);

  // Newest first, without bodies.
  Result<Page<DeliveryRow>> deliveries(const DeliveryQuery& query);

  // Newest first, by their times.
  Result<Page<MissedRow>> missed(const MissedQuery& query);

  // Newest first, with their notices.
  Result<Page<MessageRow>> messages(const MessageQuery& query);

  // By plan and provider; sessions that are not over count up to `now`.
  Result<std::vector<SpentBy>> spent(const Period& period, const Prices& prices, Wall now);

  // With its body.
  Result<std::optional<DeliveryRow>> delivery(std::int64_t id);

 private:
  class Connection;
  class Pool;

  History(std::string path, Millis read_limit);
  template <class Call>
  auto read(Call&& call) -> decltype(call(std::declval<Connection&>()));

  std::string path_;
  Millis read_limit_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace keeper
