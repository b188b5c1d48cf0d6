#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "store/connection.h"
#include "store/lock.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/store_kit.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

bool tells(const Error& error, std::string_view text) { return error.what.find(text) != std::string::npos; }

unsigned mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

Refusal refusal_of(const std::string& path, std::string_view word) {
  Refusal refusal = Refusal::none;
  const auto store = Store::open(path, &refusal);
  REQUIRE_FALSE(store.ok());
  INFO(store.error().what);
  REQUIRE(store.error().kind == ErrorKind::storage);
  REQUIRE(tells(store.error(), path));
  REQUIRE(tells(store.error(), word));
  return refusal;
}

}  // namespace

TEST_CASE("no two stores have the same instance id") {
  TempDirectory directory;
  CHECK(open_store(directory.file("a.db"))->instance() != open_store(directory.file("b.db"))->instance());
}

TEST_CASE("the store's files are private, also where the file was not") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  const mode_t before = umask(0);
  { std::ofstream(path).flush(); }
  REQUIRE(mode_of(path) == 0666U);
  const auto store = open_store(path);
  must_commit(*store, story(session(1), State::active));
  umask(before);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) REQUIRE(mode_of(path + suffix) == 0600U);
}

TEST_CASE("a directory that is not there is named") {
  REQUIRE(refusal_of("/nonexistent/dir/s.db", "directory /nonexistent/dir") == Refusal::other);
}

TEST_CASE("a file of something else is left alone") {
  TempDirectory directory;
  const std::string text = directory.file("text");
  { std::ofstream(text) << std::string(8192, 'x'); }
  REQUIRE(refusal_of(text, "not a database") == Refusal::other);
  REQUIRE(std::filesystem::file_size(text) == 8192);

  const std::string foreign = directory.file("foreign.db");
  { std::ofstream(foreign).flush(); }
  run_sql(foreign, "CREATE TABLE t(x)");
  REQUIRE(refusal_of(foreign, "another program") == Refusal::other);
  REQUIRE(run_sql(foreign, "PRAGMA journal_mode") == "delete");
}

TEST_CASE("a store of a newer version is refused, and told apart") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  must_commit(*open_store(path), story(session(1), State::active));
  run_sql(path, "PRAGMA user_version = 99");
  REQUIRE(refusal_of(path, "newer session-keeper (schema 99") == Refusal::newer);
  const auto history = History::open(path);
  REQUIRE_FALSE(history.ok());
  REQUIRE(tells(history.error(), "schema 99"));
}

TEST_CASE("single times that a plan is done with become stretches, and its schedule is not known") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  must_commit(*open_store(path), story(session(1), State::closed));
  take_back(path, 6);
  run_sql(path,
          "INSERT INTO plans(name, known_since, handled, handled_before) VALUES "
          "('a', 5, '[100000000,100000007]', 90000000), ('b', 5, '[]', 90000000), ('c', 5, '[3,4]', NULL)");
  const auto store = open_store(path);
  const std::vector<PlanRow> plans = must_load(*store).plans;
  REQUIRE(plans.size() == 3);
  const auto times = [](std::int64_t first, std::int64_t last) {
    return HandledTimes{Wall{Millis{first}}, Wall{Millis{last}}};
  };
  const HandledTimes day = times(3'600'000, 90'000'000);
  CHECK(plans[0].handled ==
        std::vector<HandledTimes>{day, times(100'000'000, 100'000'000), times(100'000'007, 100'000'007)});
  CHECK(plans[1].handled == std::vector<HandledTimes>{day});
  CHECK(plans[2].handled == std::vector<HandledTimes>{times(3, 3), times(4, 4)});
  for (const PlanRow& row : plans) CHECK_FALSE(row.schedule);
}

TEST_CASE("a store of the first version is brought up to date, with a copy beside it, and keeps its rows") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  must_commit(*open_store(path), story(session(1), State::closed));
  const std::string rows = run_sql(path, "SELECT group_concat(id || state || last_error) FROM sessions");
  take_back(path, 1);
  run_sql(path, "INSERT INTO plans(name, known_since, considered) VALUES ('old', 5, 77)");
  {
    auto store = open_store(path);
    Batch batch;
    PlanRow plan;
    plan.name = PlanName{"paused"};
    plan.pause = Pause{Wall{Seconds{5}}, Wall{Seconds{9}}, "maintenance"};
    plan.by_hand = ByHand{Wall{Seconds{1}}, Wall::max()};
    plan.schedule = "as before";
    plan.handled = {{Wall{Millis{-33}}, Wall{Seconds{11}}}, {Wall{Seconds{22}}, Wall{Seconds{22}}}};
    plan.buffered = Wall{Seconds{44}};
    plan.window = OpenWindow{Wall{Seconds{22}}, Wall{Millis{22'001}}};
    batch.plans.push_back(plan);
    batch.missed.push_back({PlanName{"paused"}, Wall{Seconds{7}}, Missed::paused, Wall{Seconds{8}}});
    must_commit(*store, batch);
    const Result<Ledger> loaded = store->load();
    REQUIRE(loaded.ok());
    const Ledger& ledger = *loaded;
    REQUIRE(ledger.plans.back() == plan);
    const std::chrono::hours day{24};
    REQUIRE(ledger.plans.front().handled ==
            std::vector<HandledTimes>{{Wall{Millis{77}} - day, Wall{Millis{77}}}});
    REQUIRE_FALSE(ledger.plans.front().schedule);
    REQUIRE(ledger.plans.front().looked_until == Wall{Millis{77}});
  }
  REQUIRE(run_sql(path, "SELECT group_concat(id || state || last_error) FROM sessions") == rows);
  REQUIRE(run_sql(path, "SELECT why FROM missed") == "paused");
  REQUIRE(run_sql(path, "PRAGMA user_version") == std::to_string(store_version));
  const std::string copy = path + ".v1.bak";
  REQUIRE(run_sql(copy, "PRAGMA user_version") == "1");
  REQUIRE((std::filesystem::status(copy).permissions() & std::filesystem::perms::others_all) ==
          std::filesystem::perms::none);
}

TEST_CASE("a second opening in the same process is refused and names the holder, who notices nothing") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  auto store = open_store(path);
  REQUIRE(refusal_of(path, "process " + std::to_string(getpid())) == Refusal::in_use);
  REQUIRE(StoreLock::is_held(path));
  must_commit(*store, story(session(1), State::active));
  store.reset();
  REQUIRE_FALSE(StoreLock::is_held(path));
  REQUIRE(must_load(*open_store(path)).unresolved.size() == 1);
}

TEST_CASE("a second opening in another process is refused and names the holder") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  const auto store = open_store(path);
  const pid_t child = fork();
  if (child == 0) {
    Refusal refusal = Refusal::none;
    const auto second = Store::open(path, &refusal);
    const bool right = !second.ok() && refusal == Refusal::in_use &&
                       tells(second.error(), "process " + std::to_string(getppid()));
    _exit(right ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  must_commit(*store, story(session(1), State::active));
}

TEST_CASE("one daemon has the store, by whatever name another one reaches the file") {
  TempDirectory directory;
  std::filesystem::create_directory(directory.path() / "sub");
  const std::string path = directory.file("s.db");
  std::filesystem::create_symlink(path, directory.path() / "link.db");
  std::filesystem::create_directory_symlink(directory.path(), directory.path() / "elsewhere");
  const auto store = open_store(path);
  for (const char* name : {"link.db", "sub/../s.db", "elsewhere/s.db", "./s.db"}) {
    INFO(name);
    Refusal refusal = Refusal::none;
    const auto second = Store::open(directory.file(name), &refusal);
    REQUIRE_FALSE(second.ok());
    CHECK(refusal == Refusal::in_use);
  }
  // The lock files of two folders do not meet; that of the file itself does.
  std::filesystem::rename(directory.path() / "s.db.lock", directory.path() / "moved.lock");
  Refusal refusal = Refusal::none;
  const auto second = Store::open(path, &refusal);
  REQUIRE_FALSE(second.ok());
  CHECK(refusal == Refusal::in_use);
  CHECK(second.error().what.find("another name") != std::string::npos);
  must_commit(*store, story(session(1), State::active));
}

TEST_CASE("a store with a hard link is refused: its log would be found under one name only") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  open_store(path);
  std::filesystem::create_hard_link(path, directory.path() / "other.db");
  for (const char* name : {"s.db", "other.db"}) {
    const auto store = Store::open(directory.file(name));
    REQUIRE_FALSE(store.ok());
    CHECK(store.error().what.find("hard link") != std::string::npos);
  }
  std::filesystem::remove(directory.path() / "other.db");
  CHECK(Store::open(path).ok());
}

TEST_CASE("the lock ends with its process") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  const pid_t child = fork();
  if (child == 0) {
    const auto store = Store::open(path);
    _exit(store.ok() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  REQUIRE(open_store(path) != nullptr);
}

TEST_CASE("the writing connection uses a write-ahead log with full syncs and no automatic checkpoints") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  { std::ofstream(path).flush(); }
  const auto database = open_for_writing(path);
  make_durable(*database);
  REQUIRE(sqlite::query_text(*database, "PRAGMA journal_mode") == "wal");
  REQUIRE(sqlite::query_int(*database, "PRAGMA synchronous") == 2);
  REQUIRE(sqlite::query_int(*database, "PRAGMA wal_autocheckpoint") == 0);
  REQUIRE(sqlite::query_int(*database, "PRAGMA foreign_keys") == 1);
  REQUIRE(sqlite::query_int(*database, "PRAGMA busy_timeout") > 0);
  database->exec("CREATE TABLE t(x)");
  REQUIRE(run_checkpoint(*database).log_frames > 0);
}

TEST_CASE("the file says whose it is") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  open_store(path);
  REQUIRE(run_sql(path, "PRAGMA application_id") == std::to_string(store_application_id));
  REQUIRE(run_sql(path, "PRAGMA user_version") == std::to_string(store_version));
  REQUIRE(run_sql(path,
                  "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%STRICT%' "
                  "AND name NOT LIKE 'sqlite_%'") == "0");
}

TEST_CASE("a store that was replaced while it was open is not taken for the old one") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  open_store(directory.file("other.db"));
  const auto store = open_store(path);
  must_commit(*store, story(session(1), State::active));
  for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path + suffix);
  SECTION("by another store") {
    std::filesystem::rename(directory.file("other.db"), path);
    REQUIRE(tells(store->reopen().error(), "replaced by another store"));
  }
  SECTION("by an empty file") {
    std::filesystem::remove(path);
    { std::ofstream(path).flush(); }
    REQUIRE(tells(store->reopen().error(), "replaced by an empty file"));
  }
  SECTION("by nothing") {
    std::filesystem::remove(path);
    REQUIRE_FALSE(store->reopen().ok());
    REQUIRE_FALSE(std::filesystem::exists(path));
  }
  REQUIRE(store->needs_reopen());
  REQUIRE_FALSE(store->commit(story(session(2), State::active)).ok());
}

TEST_CASE("reopening keeps the lock and the rows") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  const auto store = open_store(path);
  must_commit(*store, story(session(1), State::active));
  if (const Status again = store->reopen(); !again) FAIL(again.error().what);
  REQUIRE(StoreLock::is_held(path));
  REQUIRE(must_load(*store).unresolved.size() == 1);
  must_commit(*store, story(session(2), State::active));
}

TEST_CASE("the write-ahead log is moved into the main file when it has grown") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  const auto store = open_store(path);
  const std::string large(1024 * 1024, 'x');
  int commits = 0;
  while (!store->checkpoint_due()) {
    REQUIRE(++commits < 20);
    SessionRow row = session(commits);
    row.parameters = large;
    must_commit(*store, story(row, State::queued));
  }
  REQUIRE(commits == 2);
  REQUIRE(store->checkpoint().ok());
  REQUIRE_FALSE(store->checkpoint_due());
  REQUIRE(std::filesystem::file_size(path) > 2 * large.size());
  const auto log_bytes = std::filesystem::file_size(path + "-wal");
  for (int n = 1; n < 4; ++n) must_commit(*store, story(session(100 + n), State::queued));
  REQUIRE_FALSE(store->checkpoint_due());
  REQUIRE(std::filesystem::file_size(path + "-wal") == log_bytes);
}

TEST_CASE("a store in memory keeps its rows over a reopen and has the instance id that it was given") {
  const auto store = std::move(*Store::open_in_memory(InstanceId("fixed")));
  must_commit(*store, story(session(1), State::active));
  REQUIRE(store->reopen().ok());
  REQUIRE(must_load(*store).instance == InstanceId("fixed"));
  REQUIRE(must_load(*store).unresolved.size() == 1);
}

TEST_CASE("a read that takes too long is cut off, and the next one works") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  const auto store = open_store(path);
  for (int n = 0; n < 200; ++n) must_commit(*store, story(session(n), State::closed));
  const auto hasty = std::move(*History::open(path, Millis{0}));
  const auto page = hasty->sessions({});
  REQUIRE_FALSE(page.ok());
  REQUIRE(page.error().what.find("longer than 0s and was cut off") != std::string::npos);
  REQUIRE(hasty->session(SessionId("s1")).value().has_value());
}

TEST_CASE("a history of nothing is refused and makes no file") {
  TempDirectory directory;
  REQUIRE_FALSE(History::open(directory.file("none.db")).ok());
  REQUIRE_FALSE(std::filesystem::exists(directory.file("none.db")));
  REQUIRE_FALSE(History::open(":memory:").ok());
}
