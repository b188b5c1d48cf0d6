#include "store/writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "store/rows.h"
#include "store/session_columns.h"
#include "store/sql.h"
#include "store/store.h"

namespace keeper {
namespace {

using std::string;

constexpr const char* find_chain_sql =
    "SELECT s.number, s.plan, s.provider, s.chain_head, t.to_state FROM sessions s "
    "LEFT JOIN transitions t ON t.session = s.number WHERE s.id = ? ORDER BY t.ordinal";

// Walks the index from slot to slot, newest session first in each, without touching the sessions in between.
constexpr const char* latest_before_sql =
    " FROM sessions INDEXED BY sessions_by_slot WHERE (plan, replica) < (?, ?) "
    "ORDER BY plan DESC, replica DESC, number DESC LIMIT 1";

[[noreturn]] void refuse(const string& what) { throw SQLite::Exception(what, SQLITE_CONSTRAINT); }

int ordinal_of(State state) {
  switch (state) {
    case State::queued:
      return 0;
    case State::active:
      return 1;
    case State::closed:
    case State::error:
    case State::timed_out:
      return 2;
  }
  check_failed("a known State", __FILE__, __LINE__);
}

// Numbers are given in the order of creation, whatever the order in the batch.
std::vector<const SessionRow*> by_creation(const std::vector<SessionRow>& rows) {
  std::vector<const SessionRow*> sorted;
  sorted.reserve(rows.size());
  for (const SessionRow& row : rows) sorted.push_back(&row);
  std::stable_sort(sorted.begin(), sorted.end(), [](const SessionRow* a, const SessionRow* b) {
    return std::tie(a->created_at, a->occurrence, a->attempt) <
           std::tie(b->created_at, b->occurrence, b->attempt);
  });
  return sorted;
}

}  // namespace

Writer::Writer(SQLite::Database& database)
    : database_(database),
      begin_(database, "BEGIN IMMEDIATE"),
      commit_(database, "COMMIT"),
      update_session_(database, update_session_statement()),
      insert_session_(database, insert_session_statement()),
      find_chain_(database, find_chain_sql),
      insert_transition_(
          database,
          "INSERT INTO transitions(session, ordinal, plan, remote_id, from_state, to_state, reason, "
          "cause, at, recorded_at, detail, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"),
      set_chain_head_(database, "UPDATE sessions SET chain_head = ? WHERE number = ?"),
      update_delivery_(
          database,
          "UPDATE deliveries SET disposition = ?, session = (SELECT number FROM sessions WHERE id = ?) "
          "WHERE id = ?"),
      insert_delivery_(
          database,
          "INSERT OR IGNORE INTO deliveries(id, provider, key, type, progress, failed, remote_id, session, "
          "disposition, received_at, digest, body) VALUES "
          "(?,?,?,?,?,?,?,(SELECT number FROM sessions WHERE id = ?),?,?,?,?)"),
      rewrite_delivery_(
          database,
          "UPDATE deliveries SET disposition = ?, session = (SELECT number FROM sessions WHERE id = ?) "
          "WHERE provider = ? AND key = ?"),
      upsert_plan_(database, string("INSERT OR REPLACE INTO plans(") + plan_columns +
                                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      insert_missed_(database,
                     "INSERT OR IGNORE INTO missed(plan, occurrence, why, recorded_at) VALUES (?, ?, ?, ?)"),
      seen_(database,
            "SELECT EXISTS (SELECT 1 FROM deliveries WHERE provider = ?1 AND key = ?2), "
            "(SELECT id FROM sessions INDEXED BY sessions_by_remote "
            "WHERE remote_id = ?3 AND provider = ?1 ORDER BY number DESC LIMIT 1)"),
      read_delivery_(database,
                     string("SELECT ") + delivery_columns +
                         " FROM deliveries d LEFT JOIN sessions s ON s.number = d.session WHERE d.id = ?"),
      find_remote_(database,
                   "SELECT id FROM sessions INDEXED BY sessions_by_remote "
                   "WHERE remote_id = ? AND provider = ? ORDER BY number DESC LIMIT 1"),
      last_seq_(database, "SELECT seq FROM sqlite_sequence WHERE name = 'transitions'"),
      last_delivery_(database, "SELECT COALESCE(MAX(id), 0) FROM deliveries"),
      unresolved_(database,
                  "SELECT " + session_column_names() +
                      " FROM sessions INDEXED BY sessions_unresolved WHERE resolved = 0 ORDER BY number"),
      find_row_(database, "SELECT " + session_column_names() + " FROM sessions WHERE id = ?"),
      latest_before_(database, "SELECT " + session_column_names() + latest_before_sql),
      plans_(database, string("SELECT ") + plan_columns + " FROM plans ORDER BY name"),
      held_(database,
            "SELECT id, provider, remote_id FROM deliveries INDEXED BY deliveries_by_disposition "
            "WHERE disposition = 'held' ORDER BY id"),
      counts_(database, "SELECT state, sessions FROM session_counts"),
      notices_(database) {}

void Writer::commit(const Batch& batch) {
  transact([&] { write(batch); });
}

void Writer::probe() {
  transact([&] { database_.exec("UPDATE meta SET probes = probes + 1"); });
}

template <class Write>
void Writer::transact(Write&& write_rows) {
  try {
    begin_.tryReset();
    begin_.exec();
    write_rows();
    commit_.tryReset();
    commit_.exec();
  } catch (const SQLite::Exception&) {
    begin_.tryReset();
    commit_.tryReset();
    if (sqlite3_get_autocommit(database_.getHandle()) == 0) database_.tryExec("ROLLBACK");
    throw;
  }
}

void Writer::write(const Batch& batch) {
  for (const PlanRow& row : batch.plans) write_plan(row);
  for (const SessionRow* row : by_creation(batch.sessions)) write_session(*row);
  for (const TransitionRow& row : batch.transitions) append(row);
  for (const DeliveryRow& row : batch.deliveries) write_delivery(row);
  for (const MissedRow& row : batch.missed) write_missed(row);
  notices_.write(batch);
}

void Writer::write_session(const SessionRow& row) {
  {
    const sql::Use use(update_session_);
    sql::Binder to(update_session_);
    bind_session(to, row);
    if (update_session_.exec() > 0) return;
  }
  const sql::Use use(insert_session_);
  sql::Binder to(insert_session_);
  bind_session(to, row);
  insert_session_.exec();
}

// A transition that is there already is left as it is: the outcome of an earlier commit was unknown.
void Writer::append(const TransitionRow& row) {
  const int ordinal = ordinal_of(row.to);
  std::int64_t session = 0;
  string head;
  std::optional<State> last;
  {
    const sql::Use use(find_chain_);
    sql::Binder(find_chain_).text(row.session);
    while (find_chain_.executeStep()) {
      sql::Reader from(find_chain_);
      session = from.integer();
      if (from.id<PlanName>() != row.plan || from.id<ProviderName>() != row.provider) {
        refuse("a transition of session " + row.session.str() + " names another plan or provider");
      }
      head = from.text();
      if (from.is_null()) continue;
      last = from.word(parse_state);
      if (last == row.to) return;
    }
  }
  if (session == 0) refuse("a transition of session " + row.session.str() + ", which is not there");
  if (last != row.from || (last && ordinal_of(*last) >= ordinal)) {
    refuse("session " + row.session.str() + " cannot become " + string(to_string(row.to)) + ", it is " +
           (last ? string(to_string(*last)) : "not created"));
  }

  const string hash = chain_.link(head, row);
  {
    const sql::Use use(insert_transition_);
    sql::Binder to(insert_transition_);
    to.integer(session).integer(ordinal).text(row.plan).text(row.remote_id);
    if (row.from) {
      to.name(to_string(*row.from));
    } else {
      to.null();
    }
    to.name(to_string(row.to)).name(to_string(row.reason)).name(to_string(row.cause));
    to.time(row.at).time(row.recorded_at).text(row.detail).blob(hash);
    insert_transition_.exec();
  }
  const sql::Use use(set_chain_head_);
  sql::Binder(set_chain_head_).blob(hash).integer(session);
  set_chain_head_.exec();
}

void Writer::write_delivery(const DeliveryRow& row) {
  if (row.body.empty()) {
    const sql::Use use(update_delivery_);
    sql::Binder to(update_delivery_);
    to.name(to_string(row.disposition)).text(row.session).integer(row.id);
    if (update_delivery_.exec() == 0)
      refuse("the delivery " + std::to_string(row.id) + " has no body and is not there");
    return;
  }
  if (insert_delivery(row)) return;
  const sql::Use use(rewrite_delivery_);
  sql::Binder to(rewrite_delivery_);
  to.name(to_string(row.disposition)).text(row.session).text(row.provider).text(row.key);
  if (rewrite_delivery_.exec() == 0)
    refuse("the delivery " + row.key + " breaks a rule, or its id is another's");
}

// False: it is not there now, or was before. An upsert in one statement would copy every page that it
// changes, to be able to undo itself.
bool Writer::insert_delivery(const DeliveryRow& row) {
  const sql::Use use(insert_delivery_);
  sql::Binder to(insert_delivery_);
  if (row.id != 0) {
    to.integer(row.id);
  } else {
    to.null();
  }
  to.text(row.provider).text(row.key).text(row.type);
  to.integer(static_cast<int>(row.progress)).integer(row.failed ? 1 : 0);
  to.text(row.remote_id).text(row.session).name(to_string(row.disposition));
  to.time(row.received_at).text(row.digest).blob(row.body);
  return insert_delivery_.exec() > 0;
}

void Writer::write_plan(const PlanRow& row) {
  const sql::Use use(upsert_plan_);
  sql::Binder to(upsert_plan_);
  bind_plan(to, row);
  upsert_plan_.exec();
}

void Writer::write_missed(const MissedRow& row) {
  const sql::Use use(insert_missed_);
  sql::Binder(insert_missed_)
      .text(row.plan)
      .time(row.occurrence)
      .name(to_string(row.why))
      .time(row.recorded_at);
  insert_missed_.exec();
}

std::int64_t Writer::last_seq() {
  const sql::Use use(last_seq_);
  return last_seq_.executeStep() ? last_seq_.getColumn(0).getInt64() : 0;
}

Seen Writer::seen(const ProviderName& provider, const string& key, const RemoteId& remote) {
  const sql::Use use(seen_);
  sql::Binder(seen_).text(provider).text(key).text(remote);
  seen_.executeStep();
  sql::Reader from(seen_);
  const bool delivery = from.boolean();
  return {delivery, from.optional_id<SessionId>()};
}

std::optional<DeliveryRow> Writer::delivery(std::int64_t id) {
  const sql::Use use(read_delivery_);
  sql::Binder(read_delivery_).integer(id);
  if (!read_delivery_.executeStep()) return std::nullopt;
  sql::Reader from(read_delivery_);
  return read_delivery(from);
}

std::optional<SessionId> Writer::session_of(const ProviderName& provider, const RemoteId& remote) {
  const sql::Use use(find_remote_);
  sql::Binder(find_remote_).text(remote).text(provider);
  if (!find_remote_.executeStep()) return std::nullopt;
  return sql::Reader(find_remote_).id<SessionId>();
}

std::optional<SessionRow> Writer::session(const SessionId& id) {
  const sql::Use use(find_row_);
  sql::Binder(find_row_).text(id);
  if (!find_row_.executeStep()) return std::nullopt;
  sql::Reader from(find_row_);
  return read_session(from);
}

void Writer::load_latest(Ledger& ledger) {
  // Greater than every plan's name: no UTF-8 text begins with this byte.
  string plan("\xff");
  std::int64_t replica = 0;
  for (;;) {
    const sql::Use use(latest_before_);
    sql::Binder(latest_before_).text(plan).integer(replica);
    if (!latest_before_.executeStep()) break;
    sql::Reader from(latest_before_);
    ledger.latest.push_back(read_session(from));
    plan = ledger.latest.back().plan.str();
    replica = ledger.latest.back().replica;
  }
  std::reverse(ledger.latest.begin(), ledger.latest.end());
}

void Writer::load(Ledger& ledger) {
  {
    const sql::Use use(unresolved_);
    while (unresolved_.executeStep()) {
      sql::Reader from(unresolved_);
      ledger.unresolved.push_back(read_session(from));
    }
  }
  load_latest(ledger);
  {
    const sql::Use use(plans_);
    while (plans_.executeStep()) {
      sql::Reader from(plans_);
      ledger.plans.push_back(read_plan(from));
    }
  }
  {
    const sql::Use use(held_);
    while (held_.executeStep()) {
      sql::Reader from(held_);
      const std::int64_t id = from.integer();
      ProviderName provider = from.id<ProviderName>();
      ledger.held.push_back({id, std::move(provider), from.id<RemoteId>()});
    }
  }
  {
    const sql::Use use(last_delivery_);
    last_delivery_.executeStep();
    ledger.last_delivery = last_delivery_.getColumn(0).getInt64();
  }
  {
    const sql::Use use(counts_);
    while (counts_.executeStep()) {
      sql::Reader from(counts_);
      const State state = from.word(parse_state);
      ledger.counts[static_cast<std::size_t>(state)] = from.integer();
    }
  }
  notices_.load(ledger);
  ledger.last_seq = last_seq();
}

std::vector<SpentBy> Writer::spent(const Period& period, const Prices& prices) {
  return spent_by_ended(database_, period, prices);
}

Pruned Writer::prune(Wall ended_before, int rows_max) {
  SQLite::Statement sessions(
      database_,
      "DELETE FROM sessions WHERE number IN (SELECT s.number FROM sessions s INDEXED BY sessions_by_end "
      "WHERE s.resolved = 1 AND s.ended_at < ? AND s.number <> "
      "(SELECT MAX(o.number) FROM sessions o INDEXED BY sessions_by_slot "
      "WHERE o.plan = s.plan AND o.replica = s.replica) "
      "AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.session = s.number AND d.disposition = 'held') "
      "ORDER BY s.ended_at LIMIT ?)");
  SQLite::Statement deliveries(database_,
                               "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries INDEXED BY "
                               "deliveries_by_session WHERE session IS NULL AND disposition <> 'held' "
                               "AND received_at < ? ORDER BY id LIMIT ?)");
  SQLite::Statement missed(
      database_,
      "DELETE FROM missed WHERE (plan, occurrence) IN (SELECT plan, occurrence FROM missed "
      "INDEXED BY missed_by_time WHERE recorded_at < ? ORDER BY recorded_at LIMIT ?)");
  SQLite::Statement record(database_, "UPDATE meta SET removed_sessions = removed_sessions + ?");
  begin_.tryReset();
  begin_.exec();
  try {
    sql::Binder(missed).time(ended_before).integer(rows_max);
    const int missed_gone = missed.exec();
    notices_.prune(ended_before, rows_max);
    sql::Binder(sessions).time(ended_before).integer(rows_max);
    const int deleted = sessions.exec();
    sql::Binder(record).integer(deleted);
    record.exec();
    sql::Binder(deliveries).time(ended_before).integer(rows_max);
    const int deliveries_gone = deliveries.exec();
    commit_.tryReset();
    commit_.exec();
    return {deleted, std::max({deleted, deliveries_gone, missed_gone}) >= rows_max};
  } catch (const SQLite::Exception&) {
    begin_.tryReset();
    commit_.tryReset();
    if (sqlite3_get_autocommit(database_.getHandle()) == 0) database_.tryExec("ROLLBACK");
    throw;
  }
}

}  // namespace keeper
