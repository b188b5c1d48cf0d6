// The history of a store in an SQLite file. It never checkpoints. The write-ahead log cannot shrink while a
// read is open.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/history.h"

namespace keeper {

class SqliteHistory final : public History {
 public:
  // As History::open().
  static Result<std::unique_ptr<History>> open(const std::string& path, Millis read_limit);

  ~SqliteHistory() override;

  Result<Page<SessionRow>> sessions(const SessionQuery& query) override;
  Result<std::optional<SessionRow>> session(const SessionId& id) override;
  Result<std::vector<SessionRow>> ended_since(Wall since, int limit) override;
  Result<Page<TransitionRow>> transitions(const TransitionQuery& query) override;
  Result<Page<DeliveryRow>> deliveries(const DeliveryQuery& query) override;
  Result<Page<MissedRow>> missed(const MissedQuery& query) override;
  Result<Page<MessageRow>> messages(const MessageQuery& query) override;
  Result<std::vector<SpentBy>> spent(const Period& period, const Prices& prices, Wall now) override;
  Result<std::optional<DeliveryRow>> delivery(std::int64_t id) override;
  Result<std::shared_ptr<const BackupCopy>> backup() override;

 private:
  class Connection;
  class Pool;

  SqliteHistory(std::string path, Millis read_limit);
  template <class Call>
  auto read(Call&& call) -> decltype(call(std::declval<Connection&>()));

  std::string path_;
  Millis read_limit_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace keeper
