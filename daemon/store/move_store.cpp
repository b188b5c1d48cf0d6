#include "store/move_store.h"

#include <deque>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "store/chain.h"
#include "store/connection.h"
#include "store/copied_tables.h"
#include "store/moved.h"
#include "store/pg.h"
#include "store/pg_schema.h"
#include "store/pg_store.h"
#include "store/pg_verify.h"
#include "store/pg_writer.h"
#include "store/rows.h"
#include "store/sqlite.h"
#include "store/store.h"

namespace keeper {
namespace {

using std::string;

constexpr std::size_t rows_a_flush = 500;
constexpr std::size_t bytes_a_flush = 1024 * 1024;
constexpr Millis flush_limit = Seconds{60};
constexpr Millis whole_table_limit = std::chrono::minutes{10};

// The transaction that makes the store in the database. It is rolled back unless commit() is reached.
class Arrival {
 public:
  Arrival(pg::Connection& connection, const string& schema) : connection_(connection), schema_(schema) {}

  // Empty where it can go on. A store that an earlier move left, or that no node has ever led and that has
  // no rows, is replaced.
  string begin(const InstanceId& instance) {
    const PgIdentity found = identify(connection_, schema_, flush_limit);
    pg::run(connection_, pg::begin_text, flush_limit);
    if (!found.blank) {
      if (!found.is_readable()) return "holds a store of a newer session-keeper; give another schema";
      if (is_used(found, instance)) return "holds a store already; give another schema, or drop that one";
      drop_tables();
    }
    std::deque<string> texts;
    pg::Pipeline pipeline(connection_);
    add_tables(pipeline, texts, schema_, instance);
    pipeline.run(flush_limit);
    return {};
  }

  void fill(const SQLite::Database& from) {
    for (const CopiedTable& table : copied_tables()) fill(table, from);
    for (const std::int64_t session : changed_sessions_) chain_anew(session);
    const std::int64_t last_seq = sqlite::query_int(
        from, "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'transitions'), 0)");
    const string lead =
        sql(string("UPDATE @lead SET last_seq = $1, bytes = ") + reckoned_bytes + " WHERE shard = 'all'");
    pg::run(connection_, lead, whole_table_limit, [&](pg::Parameters& to) { to.integer(last_seq); });
    // The verification asks the new tables at once, and so does the first leader.
    for (const CopiedTable& table : copied_tables())
      pg::run(connection_, sql("ANALYZE @" + table.name), whole_table_limit);
  }

  Verification verify() { return verify_rows(connection_, schema_); }
  void commit() { pg::run(connection_, pg::commit_text, flush_limit); }

  std::int64_t changed_texts() const { return changed_texts_; }
  std::int64_t changed_sessions() const { return static_cast<std::int64_t>(changed_sessions_.size()); }

 private:
  // The row stays locked, so that no node takes the lead meanwhile.
  bool is_used(const PgIdentity& found, const InstanceId& instance) {
    const string lead = sql("SELECT epoch, last_seq FROM @lead WHERE shard = 'all' FOR UPDATE");
    const pg::Rows rows = pg::run(connection_, lead, flush_limit);
    if (rows.count() != 1) return true;
    // Its rows went to a file, which is moved again.
    if (!found.moved_to.empty() && found.instance == instance) return false;
    pg::Reader from(rows, 0);
    const bool was_led = from.integer() > 0;
    const bool has_rows = from.integer() > 0;
    return was_led || (has_rows && found.instance != instance);
  }

  void drop_tables() {
    std::deque<string> texts{sql("DROP TABLE @late, @nodes, @lead")};
    for (const CopiedTable& table : copied_tables()) texts.front() += ", " + sql("@" + table.name);
    pg::run(connection_, texts.front(), flush_limit);
  }

  void fill(const CopiedTable& table, const SQLite::Database& source) {
    string select = table.select;
    std::erase(select, '@');
    SQLite::Statement statement(source, select);
    const string write = sql(table.write);
    std::deque<CopiedRow> rows;
    std::size_t bytes = 0;
    while (statement.executeStep()) {
      sqlite::Reader from(statement);
      CopiedRow& row = rows.emplace_back(from, table.columns);
      if (const int changed = row.make_storable(); changed > 0) {
        changed_texts_ += changed;
        if (table.is_chained) changed_sessions_.insert(row.first_number());
      }
      bytes += row.bytes();
      if (rows.size() < rows_a_flush && bytes < bytes_a_flush) continue;
      flush(write, rows);
      bytes = 0;
    }
    flush(write, rows);
  }

  void flush(const string& write, std::deque<CopiedRow>& rows) {
    if (rows.empty()) return;
    pg::Pipeline pipeline(connection_);
    for (const CopiedRow& row : rows) row.bind(pipeline.add(write));
    pipeline.run(flush_limit);
    rows.clear();
  }

  void chain_anew(std::int64_t session) {
    const string select = sql(string("SELECT ") + transition_columns +
                              " FROM @transitions t JOIN @sessions s ON s.number = t.session "
                              "WHERE t.session = $1 ORDER BY t.ordinal");
    const string link = sql("UPDATE @transitions SET hash = $1 WHERE seq = $2");
    const string head = sql("UPDATE @sessions SET chain_head = $1 WHERE number = $2");
    const pg::Rows rows =
        pg::run(connection_, select, flush_limit, [&](pg::Parameters& to) { to.integer(session); });
    pg::Pipeline pipeline(connection_);
    string hash = Chain::start;
    for (int i = 0; i < rows.count(); ++i) {
      pg::Reader from(rows, i);
      const TransitionRow row = read_transition(from);
      hash = chain_.link(hash, row);
      pipeline.add(link).bytes(hash).integer(row.seq);
    }
    pipeline.add(head).bytes(hash).integer(session);
    pipeline.run(flush_limit);
  }

  string sql(std::string_view text) const { return pg::in_schema(text, schema_); }

  pg::Connection& connection_;
  const string& schema_;
  Chain chain_;
  std::int64_t changed_texts_ = 0;
  std::set<std::int64_t> changed_sessions_;
};

Error move_error(const string& place, const string& what) {
  return {ErrorKind::storage, "store " + place + ": " + what};
}

Status expect_good(const string& place, const Verification& verified) {
  if (verified.problems.empty()) return Done{};
  return move_error(place, "is not good, and is not moved: " + verified.problems.front());
}

// `file` is verified.
Result<MovedStore> fill_database(const string& path, const InstanceId& instance, const Verification& file,
                                 const PgSettings& settings) {
  const string place = pg_location(settings);
  const auto connection = pg::Connection::open(settings.url.reveal(), settings.password.reveal(), Seconds{5});
  const auto source = open_for_reading(path);
  Arrival arrival(*connection, settings.schema);
  if (const string refused = arrival.begin(instance); !refused.empty()) return move_error(place, refused);
  arrival.fill(*source);
  MovedStore moved{arrival.verify(), arrival.changed_texts(), arrival.changed_sessions()};
  if (const Status good = expect_good(place, moved.verified); !good) return good.error();
  if (moved.verified.sessions != file.sessions || moved.verified.transitions != file.transitions ||
      moved.verified.deliveries != file.deliveries) {
    return move_error(place, "has not all rows of the file, and nothing was moved");
  }
  arrival.commit();
  return moved;
}

}  // namespace

Result<MovedStore> move_store(const string& path, const PgSettings& settings) {
  const string place = pg_location(settings);
  if (!std::filesystem::exists(path)) return move_error(path, "is not there");
  // It holds the file's lock to the end, and brings an older file's tables to this version.
  const Result<std::unique_ptr<Store>> store = Store::open(path);
  if (!store) return store.error();
  const Result<Verification> verified = verify_locked_store(path);
  if (!verified) return verified.error();
  if (const Status good = expect_good(path, *verified); !good) return good.error();
  Result<MovedStore> moved = pg::guarded(
      place,
      [&] {
        int code = 0;
        return sqlite::guarded(
            path, &code, [&] { return fill_database(path, (*store)->instance(), *verified, settings); });
      },
      [](const pg::Failed&) { return ErrorKind::storage; });
  if (!moved) return moved;
  if (const Status marked = mark_as_moved(path, place); !marked) {
    return move_error(path, "is in " + place + " now, but could not be marked as moved (" +
                                marked.error().what + "); run the command again");
  }
  return moved;
}

}  // namespace keeper
