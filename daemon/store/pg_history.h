// The history of a store in a PostgreSQL database. Any node may read it, whoever leads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/history.h"
#include "store/idle_pool.h"
#include "store/pg.h"
#include "store/pg_store.h"

namespace keeper {

class PgHistory final : public History {
 public:
  // The tables must be there, and of a version that this program can read.
  static Result<std::unique_ptr<History>> open(const PgSettings& settings, Millis read_limit = Seconds{5});

  // Connects with the first read, for a database that may not be there yet.
  static std::unique_ptr<History> at(const PgSettings& settings);

  Result<Page<SessionRow>> sessions(const SessionQuery& query) override;
  Result<std::optional<SessionRow>> session(const SessionId& id) override;
  Result<std::vector<SessionRow>> ended_since(Wall since, int limit) override;
  Result<Page<TransitionRow>> transitions(const TransitionQuery& query) override;
  Result<Page<DeliveryRow>> deliveries(const DeliveryQuery& query) override;
  Result<Page<MissedRow>> missed(const MissedQuery& query) override;
  Result<Page<MessageRow>> messages(const MessageQuery& query) override;
  Result<std::vector<SpentBy>> spent(const Period& period, const Prices& prices, Wall now) override;
  Result<std::optional<DeliveryRow>> delivery(std::int64_t id) override;
  // In the daemon's own folder.
  Result<std::shared_ptr<const BackupCopy>> backup() override;

 private:
  PgHistory(const PgSettings& settings, Millis read_limit);

  // Runs one statement on a connection of the pool, and hands its rows to `take`. A connection that failed is
  // not used again. One that was kept may have broken since, as by a failover: the read is then tried once
  // more on a fresh one, within the same limit.
  template <class Bind, class Take>
  auto read(const std::string& text, Bind&& bind, Take&& take)
      -> Result<decltype(take(std::declval<const pg::Rows&>()))>;
  template <class Bind>
  pg::Rows run_on(pg::Connection& connection, const std::string& text, Bind&& bind, Mono until);
  template <class Row, class Query, class ReadRow>
  Result<Page<Row>> page(const Query& query, ReadRow read_row);
  std::unique_ptr<pg::Connection> connect(Millis limit) const;
  std::string sql(std::string_view text) const { return pg::in_schema(text, settings_.schema); }

  const PgSettings settings_;
  const std::string location_;
  const Millis read_limit_;
  const std::string limit_text_;
  IdlePool<pg::Connection> pool_;
};

}  // namespace keeper
