// The statements of the writing connection: what a commit writes and what a load reads. It belongs to this
// module and to the thread that uses the store, must be destroyed before its database, and throws
// SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <string>

#include "core/model.h"
#include "store/chain.h"
#include "store/notice_writer.h"
#include "store/spending_query.h"

namespace keeper {

struct Pruned;
struct Seen;

class Writer {
 public:
  explicit Writer(SQLite::Database& database);

  // Both are one transaction, from BEGIN IMMEDIATE to COMMIT, which is rolled back before an exception
  // leaves.
  void commit(const Batch& batch);
  void probe();

  std::int64_t last_seq();
  Seen seen(const ProviderName& provider, const std::string& key, const RemoteId& remote);
  std::optional<DeliveryRow> delivery(std::int64_t id);
  std::optional<SessionId> session_of(const ProviderName& provider, const RemoteId& remote);
  std::optional<SessionRow> session(const SessionId& id);
  void load(Ledger& ledger);
  std::vector<SpentBy> spent(const Period& period, const Prices& prices);

  // As Store::prune().
  Pruned prune(Wall ended_before, int rows_max);

 private:
  template <class Write>
  void transact(Write&& write_rows);
  void write(const Batch& batch);
  void write_session(const SessionRow& row);
  void append(const TransitionRow& row);
  void write_delivery(const DeliveryRow& row);
  bool insert_delivery(const DeliveryRow& row);
  void write_plan(const PlanRow& row);
  void write_missed(const MissedRow& row);
  void load_latest(Ledger& ledger);

  SQLite::Database& database_;
  Chain chain_;
  SQLite::Statement begin_;
  SQLite::Statement commit_;
  SQLite::Statement update_session_;
  SQLite::Statement insert_session_;
  SQLite::Statement find_chain_;
  SQLite::Statement insert_transition_;
  SQLite::Statement set_chain_head_;
  SQLite::Statement update_delivery_;
  SQLite::Statement insert_delivery_;
  SQLite::Statement rewrite_delivery_;
  SQLite::Statement upsert_plan_;
  SQLite::Statement insert_missed_;
  SQLite::Statement seen_;
  SQLite::Statement read_delivery_;
  SQLite::Statement find_remote_;
  SQLite::Statement last_seq_;
  SQLite::Statement last_delivery_;
  SQLite::Statement unresolved_;
  SQLite::Statement find_row_;
  SQLite::Statement latest_before_;
  SQLite::Statement plans_;
  SQLite::Statement held_;
  SQLite::Statement counts_;
  NoticeWriter notices_;
};

}  // namespace keeper
