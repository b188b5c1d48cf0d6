#include "store/store_kit.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <stdlib.h>

#include <vector>

#include "store/schema.h"

namespace keeper::kit {

TempDirectory::TempDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "keeper-store-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<Store> open_store(const std::string& path) {
  auto store = Store::open(path);
  if (!store) FAIL(store.error().what);
  return std::move(*store);
}

std::unique_ptr<History> open_history(const std::string& path) {
  auto history = History::open(path);
  if (!history) FAIL(history.error().what);
  return std::move(*history);
}

SessionRow session(int n, int plans) {
  SessionRow row;
  row.id = SessionId("s" + std::to_string(n));
  row.plan = PlanName("p" + std::to_string(n % plans));
  row.provider = ProviderName("a");
  row.occurrence = at(1000 + n);
  row.parameters = "{\"n\":" + std::to_string(n) + "}";
  row.fingerprint = "f";
  row.created_at = at(2000 + n);
  return row;
}

SessionRow full_session() {
  SessionRow row = session(7);
  row.replica = 3;
  row.attempt = 4;
  row.failures = 2;
  row.place = "server 1";
  row.parameters = "{\"a\":\"\xc3\xa4\"}";
  row.fingerprint = "fingerprint";
  row.state = State::timed_out;
  row.reason = Reason::idle_timeout;
  row.progress = Progress::ended;
  row.native_status = "ENDED";
  row.remote_id = RemoteId("r-1");
  row.start_sent_at = at(5);
  row.start_sent_mono = Mono{Millis{77}};
  row.start_sent_by_mono = Mono{Millis{78}};
  row.ending = Ending{State::error, Reason::superseded, Cause::operator_, at(-6), true};
  row.resolved = true;
  row.active_at = at(8);
  row.ended_at = at(9);
  row.predecessor = SessionId("before");
  row.successor = SessionId("after");
  row.last_error = "no";
  return row;
}

TransitionRow created(const SessionRow& row) {
  TransitionRow transition;
  transition.session = row.id;
  transition.plan = row.plan;
  transition.provider = row.provider;
  transition.at = row.created_at;
  transition.recorded_at = row.created_at;
  return transition;
}

TransitionRow moved(SessionRow& row, State to, Reason reason) {
  TransitionRow transition = created(row);
  transition.from = row.state;
  transition.to = to;
  transition.reason = reason;
  transition.cause = Cause::provider_answer;
  transition.remote_id = row.remote_id;
  row.state = to;
  row.reason = reason;
  if (is_terminal(to)) row.ended_at = row.created_at + Seconds{10};
  return transition;
}

PlanRow plan(std::string_view name, std::int64_t known_since, std::optional<Wall> looked_until) {
  PlanRow row;
  row.name = PlanName(std::string(name));
  row.known_since = at(known_since);
  row.looked_until = looked_until;
  return row;
}

DeliveryRow delivery(int n, Disposition disposition) {
  DeliveryRow row;
  row.provider = ProviderName("a");
  row.key = "started|" + std::to_string(n);
  row.type = "started";
  row.progress = Progress::started;
  row.remote_id = RemoteId("r" + std::to_string(n));
  row.disposition = disposition;
  row.received_at = at(3000 + n);
  row.body = "body " + std::to_string(n);
  row.digest = "digest " + std::to_string(n);
  return row;
}

Batch story(SessionRow row, State to) {
  Batch batch;
  batch.transitions.push_back(created(row));
  if (to != State::queued) batch.transitions.push_back(moved(row, State::active, Reason::start_confirmed));
  if (is_terminal(to)) {
    batch.transitions.push_back(moved(row, to));
    row.resolved = true;
  }
  batch.sessions.push_back(row);
  return batch;
}

std::string run_sql(const std::string& path, const std::string& text) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  SQLite::Statement statement(database, text);
  return statement.executeStep() && statement.getColumnCount() > 0 ? statement.getColumn(0).getString() : "";
}

void take_back(const std::string& path, int version) {
  const std::string older = path + ".older";
  {
    SQLite::Database database(older, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    migrate(database, 0, version);
    database.exec("ATTACH '" + path + "' AS newer");
    std::vector<std::string> tables;
    SQLite::Statement found(
        database, "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    while (found.executeStep()) tables.push_back(found.getColumn(0).getString());
    for (const std::string& table : tables) {
      SQLite::Statement known(database,
                              "SELECT group_concat(name) FROM pragma_table_info(?1, 'main') WHERE name IN "
                              "(SELECT name FROM pragma_table_info(?1, 'newer'))");
      known.bind(1, table);
      REQUIRE(known.executeStep());
      const std::string columns = known.getColumn(0).getString();
      database.exec("DELETE FROM main." + table);
      database.exec("INSERT INTO main." + table + "(" + columns + ") SELECT " + columns + " FROM newer." +
                    table);
    }
  }
  for (const char* part : {"-wal", "-shm"}) std::filesystem::remove(path + part);
  std::filesystem::rename(older, path);
}

std::int64_t must_commit(Store& store, const Batch& batch) {
  const auto seq = store.commit(batch);
  if (!seq) FAIL(seq.error().what);
  return *seq;
}

Ledger must_load(Store& store) {
  auto ledger = store.load();
  if (!ledger) FAIL(ledger.error().what);
  return std::move(*ledger);
}

Findings must_find(Store& store, const Questions& questions) {
  auto findings = store.look_up(questions);
  if (!findings) FAIL(findings.error().what);
  return std::move(*findings);
}

bool is_recorded(Store& store, const ProviderName& provider, const std::string& key) {
  return must_find(store, {.deliveries = {{provider, key, {}}}}).seen.at(0).delivery;
}

}  // namespace keeper::kit
