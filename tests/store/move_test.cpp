// A store that moves from its file into a database, and back as a backup.
#include "store/move_store.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <thread>

#include "base/digest.h"
#include "store/moved.h"
#include "store/pg_backup.h"
#include "store/pg_cluster.h"
#include "store/pg_history.h"
#include "store/pg_verify.h"
#include "store/pg_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

using Rows = std::vector<std::string>;

// All rows of all tables, each as one text. What a store counts of its own writing trials is left out.
std::map<std::string, Rows> all_rows_of(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  std::map<std::string, Rows> tables;
  SQLite::Statement names(database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  while (names.executeStep()) {
    const std::string name = names.getColumn(0).getString();
    SQLite::Statement columns(database, "SELECT name FROM pragma_table_info('" + name + "') ORDER BY name");
    std::string all;
    while (columns.executeStep()) {
      const std::string column = columns.getColumn(0).getString();
      if (column != "probes") all += (all.empty() ? "" : ", ") + ("quote(" + column + ")");
    }
    SQLite::Statement rows(database, "SELECT " + all + " FROM " + name + " ORDER BY " + all);
    while (rows.executeStep()) {
      std::string row;
      for (int i = 0; i < rows.getColumnCount(); ++i) row += rows.getColumn(i).getString() + "|";
      tables[name].push_back(row);
    }
  }
  return tables;
}

MessageRow message_of(int n, MessageState state) {
  MessageRow row;
  row.id = "message" + std::to_string(n);
  row.target = TargetName("ops");
  row.created_at = at(1'000 + n);
  row.state = state;
  if (state != MessageState::waiting) row.settled_at = at(2'000 + n);
  row.notices.push_back({});
  row.notices.front().text = "of " + std::to_string(n);
  return row;
}

// Something in every table, and numbers that retention has left gaps in.
void fill_all(const std::string& path, int sessions) {
  const auto store = open_store(path);
  for (int n = 1; n <= sessions; ++n) {
    const State to = n % 7 == 0 ? State::active : n % 5 == 0 ? State::error : State::closed;
    Batch batch = story(session(n, 10), to);
    if (to != State::active) {
      batch.sessions.front().resolved = true;
      batch.sessions.front().ended_at = at(1'000'000 + n);
    }
    batch.deliveries.push_back(delivery(n, n % 3 == 0 ? Disposition::ignored : Disposition::applied));
    batch.deliveries.front().session = batch.sessions.front().id;
    batch.deliveries.front().body = std::string("{\"n\":\0", 6) + std::to_string(n) + "\xff}";
    batch.deliveries.front().digest = sha256_hex(batch.deliveries.front().body);
    if (n == 1) batch.sessions.front().ending = full_session().ending;
    must_commit(*store, batch);
  }
  Batch rest;
  rest.plans = {plan("p1", 10, at(20)), plan("p2", 30)};
  rest.plans.front().pause = Pause{at(5), at(50), "a pause"};
  rest.plans.front().handled = {{at(1), at(3)}, {at(7), at(7)}};
  rest.deliveries.push_back(delivery(sessions + 1, Disposition::held));
  rest.deliveries.front().digest = sha256_hex(rest.deliveries.front().body);
  rest.missed.push_back({PlanName("p1"), at(77), Missed{}, at(9'000'000)});
  rest.alerts.push_back({{TargetName("ops"), Topic{}, "p1"}, at(1), at(2), "text"});
  // Of the numbers that retention frees, a database gives the greatest again.
  rest.messages = {message_of(1, MessageState::delivered), message_of(2, MessageState::waiting)};
  must_commit(*store, rest);
  REQUIRE(store->prune(at(1'000'000 + sessions / 4), 1'000).ok());
  REQUIRE(store->probe().ok());
}

MovedStore must_move(const std::string& path, const PgSettings& settings) {
  auto moved = move_store(path, settings);
  if (!moved) FAIL(moved.error().what);
  return *moved;
}

bool complains_of(const Error& error, std::string_view text) {
  return error.what.find(text) != std::string::npos;
}

std::int64_t tables_of(const PgSettings& settings) {
  return std::stoll(
      run_pg_sql(settings, "SELECT count(*) FROM pg_tables WHERE schemaname = '" + settings.schema + "'"));
}

}  // namespace

TEST_CASE("a store of a thousand sessions moves to a database and back, and no row differs", "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  fill_all(path, 1'000);
  const auto before = all_rows_of(path);
  for (const char* table : {"meta", "plans", "sessions", "session_counts", "transitions", "deliveries",
                            "missed", "alerts", "messages", "notices"}) {
    INFO(table);
    REQUIRE(before.contains(table));
  }
  const PgSettings settings = fresh_pg();
  const MovedStore moved = must_move(path, settings);
  CHECK(moved.verified.sessions == static_cast<std::int64_t>(before.at("sessions").size()));
  CHECK(moved.verified.deliveries == static_cast<std::int64_t>(before.at("deliveries").size()));
  CHECK(moved.changed_texts == 0);
  const std::string back = directory.file("back.db");
  const Status copied = backup_database(settings, back);
  if (!copied) FAIL(copied.error().what);
  const auto verified = verify_store(back);
  REQUIRE(verified.ok());
  CHECK(verified->problems.empty());
  const auto after = all_rows_of(back);
  for (const auto& [table, rows] : before) {
    INFO(table);
    REQUIRE(after.contains(table));
    CHECK((rows == after.at(table)));
  }
  CHECK(before.size() == after.size());
}

TEST_CASE("a node that leads a store which was moved reckons and goes on as the file's daemon",
          "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  fill_all(path, 20);
  Ledger before = must_load(*open_store(path));
  const PgSettings settings = fresh_pg();
  must_move(path, settings);
  const auto store = open_pg(settings);
  Ledger after = must_load(*store);
  CHECK(after.instance == before.instance);
  CHECK(after.last_seq == before.last_seq);
  CHECK((after.counts == before.counts));
  CHECK((after.plans == before.plans));
  CHECK((after.latest == before.latest));
  CHECK((after.unresolved == before.unresolved));
  CHECK(*store->used_bytes() > 20 * 1024);
  CHECK(must_commit(*store, story(session(9'999), State::closed)) == before.last_seq + 3);
  CHECK(verify_store(settings)->problems.empty());
  const std::string back = directory.file("back.db");
  REQUIRE(backup_database(settings, back).ok());
  const auto again = open_store(back);
  CHECK(must_load(*again).last_seq == before.last_seq + 3);
  CHECK(must_commit(*again, story(session(10'000), State::closed)) == before.last_seq + 6);
}

TEST_CASE("a file whose store was moved says where it went, and can be taken back", "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  fill_all(path, 5);
  const auto before = all_rows_of(path);
  const PgSettings settings = fresh_pg();
  must_move(path, settings);
  Refusal refusal = Refusal::none;
  const auto opened = Store::open(path, &refusal);
  REQUIRE_FALSE(opened.ok());
  CHECK(refusal == Refusal::newer);
  for (const std::string& text : {std::string("schema " + settings.schema), std::string("--undo")}) {
    CHECK(complains_of(opened.error(), text));
    CHECK(complains_of(History::open(path).error(), text));
    CHECK(complains_of(verify_store(path).error(), text));
    CHECK(complains_of(move_store(path, fresh_pg()).error(), text));
  }
  REQUIRE(*take_back_moved(path));
  CHECK_FALSE(*take_back_moved(path));
  CHECK((all_rows_of(path) == before));
  CHECK(Store::open(path).ok());
  CHECK_FALSE(take_back_moved(directory.file("none.db")).ok());
}

TEST_CASE("a store that is in use, damaged or not there is not moved", "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  const PgSettings settings = fresh_pg();
  CHECK(complains_of(move_store(path, settings).error(), "is not there"));
  CHECK_FALSE(std::filesystem::exists(path));
  fill_all(path, 5);
  {
    const auto used = open_store(path);
    CHECK(complains_of(move_store(path, settings).error(), "is used by process"));
    CHECK(complains_of(take_back_moved(path).error(), "is used by process"));
  }
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("UPDATE deliveries SET body = x'00' WHERE id = (SELECT MIN(id) FROM deliveries)");
  }
  CHECK(complains_of(move_store(path, settings).error(), "is not good, and is not moved"));
  CHECK(Store::open(path).ok());
  CHECK(tables_of(settings) == 0);
}

TEST_CASE("a move does not replace a store that has been led, or the rows of another one", "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  fill_all(path, 5);
  const PgSettings led = fresh_pg();
  open_pg(led).reset();
  CHECK(complains_of(move_store(path, led).error(), "holds a store already"));
  const std::string other = directory.file("other.db");
  fill_all(other, 3);
  const PgSettings taken = fresh_pg();
  must_move(other, taken);
  CHECK(complains_of(move_store(path, taken).error(), "holds a store already"));
  CHECK(verify_store(taken)->sessions == 3);
  const PgSettings foreign = fresh_pg();
  run_pg_sql(foreign, "CREATE SCHEMA " + foreign.schema);
  run_pg_sql(foreign, "CREATE TABLE sessions(id bigint)");
  CHECK_FALSE(move_store(path, foreign).ok());
  CHECK(tables_of(foreign) == 1);
  CHECK(Store::open(path).ok());
  const PgSettings waiting = fresh_pg();
  REQUIRE(PgCluster(waiting).identify_store().ok());  // by a node that never led
  must_move(path, waiting);
}

TEST_CASE("a move that ended before the file was marked is done again, with what the file holds by then",
          "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  fill_all(path, 5);
  const PgSettings settings = fresh_pg();
  must_move(path, settings);
  REQUIRE(*take_back_moved(path));  // as if the process had ended before it
  must_commit(*open_store(path), story(session(50), State::closed));
  const auto now = all_rows_of(path);
  must_move(path, settings);
  const std::string back = directory.file("back.db");
  REQUIRE(backup_database(settings, back).ok());
  CHECK((all_rows_of(back) == now));
}

TEST_CASE("a move that is killed at any moment leaves a good store in the file or in the database",
          "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  fill_all(path, 200);
  const auto before = all_rows_of(path);
  const PgSettings settings = fresh_pg();
  int kills = 0;
  for (auto delay = std::chrono::milliseconds{5};; delay += delay / 2) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(move_store(path, settings).ok() ? 0 : 1);
    std::this_thread::sleep_for(delay);
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    const auto opened = Store::open(path);
    if (!opened) {
      REQUIRE(complains_of(opened.error(), "was moved to"));
      break;
    }
    ++kills;
    REQUIRE((all_rows_of(path) == before));
  }
  CHECK(kills > 2);
  REQUIRE(verify_store(settings)->problems.empty());
  const std::string back = directory.file("back.db");
  REQUIRE(backup_database(settings, back).ok());
  CHECK((all_rows_of(back) == before));
}

TEST_CASE("a text that PostgreSQL cannot keep moves as one that it can, under a chain of its own",
          "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  {
    const auto store = open_store(path);
    SessionRow row = session(1);
    Batch batch = story(row, State::closed);
    batch.transitions.back().detail = std::string("a\0b\xff", 4);
    must_commit(*store, batch);
    must_commit(*store, story(session(2), State::closed));
  }
  REQUIRE(verify_store(path)->problems.empty());
  const PgSettings settings = fresh_pg();
  const MovedStore moved = must_move(path, settings);
  CHECK(moved.changed_texts == 1);
  CHECK(moved.chained_anew == 1);
  CHECK(moved.verified.problems.empty());
  CHECK(run_pg_sql(settings, "SELECT detail FROM transitions WHERE seq = 3") == "a\\x00b\\xff");
}

TEST_CASE("a history gives a backup of its store, whichever it is (PostgreSQL)", "[postgresql]") {
  TempDirectory directory;
  PgSettings settings = fresh_pg();
  settings.directory = directory.path().string();
  const auto store = open_pg(settings);
  must_commit(*store, story(session(1), State::closed));
  const auto history = PgHistory::open(settings);
  const auto copy = (*history)->backup();
  if (!copy) FAIL(copy.error().what);
  std::string bytes(static_cast<std::size_t>((*copy)->size()), '\0');
  REQUIRE((*copy)->read(0, bytes.data(), bytes.size()) == bytes.size());
  const std::string path = directory.file("copy.db");
  std::ofstream(path, std::ios::binary) << bytes;
  CHECK(verify_store(path)->transitions == 3);
  CHECK_FALSE(std::filesystem::exists(directory.file("session-keeper.backup")));
  CHECK_FALSE(backup_database(settings, path).ok());  // is there already
  PgSettings none = fresh_pg();
  CHECK_FALSE(backup_database(none, directory.file("none.db")).ok());
  CHECK_FALSE(std::filesystem::exists(directory.file("none.db")));
}
