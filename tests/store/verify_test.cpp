#include <SQLiteCpp/Database.h>

#include <algorithm>
#include <fstream>

#include "store/chain.h"
#include "store/store_backup.h"
#include "store/store_kit.h"
#include "store/verify.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

void fill(const std::string& path, int count) {
  Batch all;
  for (int n = 0; n < count; ++n) {
    const Batch one = story(session(n), all_states[static_cast<std::size_t>(n) % 5]);
    all.sessions.insert(all.sessions.end(), one.sessions.begin(), one.sessions.end());
    all.transitions.insert(all.transitions.end(), one.transitions.begin(), one.transitions.end());
  }
  must_commit(*open_store(path), all);
}

Verification must_verify(const std::string& path) {
  auto result = verify_store(path);
  if (!result) FAIL(result.error().what);
  return std::move(*result);
}

// As somebody would who has the file and no respect.
void tamper(const std::string& path, const std::string& text) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec(
      "DROP TRIGGER transitions_never_change; DROP TRIGGER transitions_stay;"
      "DROP TRIGGER sessions_never_go_back");
  REQUIRE(database.exec(text) > 0);
}

}  // namespace

TEST_CASE("each hash covers the one before it and the whole row") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  fill(path, 3);
  const auto history = open_history(path);
  TransitionQuery query;
  query.session = SessionId("s2");
  query.after_seq = 0;
  Chain chain;
  std::string head = Chain::start;
  const auto page = history->transitions(query);
  REQUIRE(page.value().rows.size() == 3);
  for (const TransitionRow& row : page->rows) {
    const std::string next = chain.link(head, row);
    REQUIRE(next.size() == 32);
    REQUIRE(next != head);
    head = next;
  }
  std::string hex;
  for (const char c : head) {
    hex += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4U];
    hex += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 0xfU];
  }
  REQUIRE(run_sql(path, "SELECT hex(chain_head) FROM sessions WHERE id = 's2'") == hex);
  REQUIRE(run_sql(path, "SELECT hex(hash) FROM transitions ORDER BY seq DESC LIMIT 1") == hex);
}

TEST_CASE("a hash changes with every field of its row") {
  Chain chain;
  SessionRow session_row = session(1);
  session_row.remote_id = RemoteId("r");
  const TransitionRow row = moved(session_row, State::closed);
  std::vector<TransitionRow> others(11, row);
  others[0].session = SessionId("x");
  others[1].plan = PlanName("x");
  others[2].provider = ProviderName("x");
  others[3].remote_id = std::nullopt;
  others[4].from = std::nullopt;
  others[5].to = State::error;
  others[6].reason = Reason::lost;
  others[7].cause = Cause::poll;
  others[8].at += Millis{1};
  others[9].recorded_at += Millis{1};
  others[10].detail = "x";
  for (const TransitionRow& other : others) REQUIRE(chain.link("p", other) != chain.link("p", row));
  REQUIRE(chain.link("q", row) != chain.link("p", row));
  TransitionRow renumbered = row;
  renumbered.seq = 5;
  REQUIRE(chain.link("p", renumbered) == chain.link("p", row));
}

TEST_CASE("a replaced session row keeps the head of its chain") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  {
    const auto store = open_store(path);
    SessionRow row = session(1);
    must_commit(*store, story(row, State::active));
    row.state = State::active;
    row.native_status = "again";
    Batch batch;
    batch.sessions = {row};
    must_commit(*store, batch);
    batch.transitions = {moved(row, State::closed)};
    batch.sessions = {row};
    must_commit(*store, batch);
  }
  const Verification found = must_verify(path);
  REQUIRE(found.problems == std::vector<std::string>{});
  REQUIRE(found.transitions == 3);
}

TEST_CASE("a store that nobody touched verifies") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  fill(path, 2500);
  const Verification found = must_verify(path);
  REQUIRE(found.problems == std::vector<std::string>{});
  REQUIRE(found.sessions == 2500);
  REQUIRE(found.transitions == 500 * (1 + 2 + 3 + 3 + 3));
}

TEST_CASE("tampering with the history shows") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  fill(path, 10);
  const char* text =
      GENERATE("UPDATE transitions SET reason = 'lost' WHERE seq = 6",
               "UPDATE transitions SET at = at + 1 WHERE seq = 2",
               "UPDATE transitions SET detail = 'x', hash = zeroblob(32) WHERE seq = 3",
               "DELETE FROM transitions WHERE seq = (SELECT MAX(seq) FROM transitions)",
               "DELETE FROM transitions WHERE seq = 2", "UPDATE sessions SET state = 'error' WHERE id = 's2'",
               "UPDATE sessions SET provider = 'b' WHERE id = 's2'");
  tamper(path, text);
  const Verification found = must_verify(path);
  INFO(text);
  REQUIRE_FALSE(found.problems.empty());
}

TEST_CASE("a changed delivery shows") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  Batch batch;
  batch.deliveries = {delivery(1)};
  batch.deliveries[0].body = "abc";
  batch.deliveries[0].digest =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2
  must_commit(*open_store(path), batch);
  REQUIRE(must_verify(path).problems.empty());
  run_sql(path, "UPDATE deliveries SET body = x'00'");
  REQUIRE(must_verify(path).problems.size() == 1);
}

TEST_CASE("the history cannot be changed or shortened by accident") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  fill(path, 5);
  REQUIRE_THROWS(run_sql(path, "UPDATE transitions SET detail = 'x' WHERE seq = 1"));
  REQUIRE_THROWS(run_sql(path, "DELETE FROM transitions WHERE seq = 1"));
  REQUIRE_THROWS(run_sql(path, "UPDATE sessions SET state = 'queued' WHERE id = 's1'"));
  REQUIRE_THROWS(run_sql(path, "UPDATE sessions SET state = 'active' WHERE id = 's3'"));
}

TEST_CASE("a store can be verified and backed up while it is in use, and the copy is whole") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  const std::string copy = directory.file("copy.db");
  fill(path, 100);
  const auto store = open_store(path);
  must_commit(*store, story(session(1000), State::active));
  REQUIRE(must_verify(path).problems.empty());
  REQUIRE(backup_store(path, copy).ok());
  REQUIRE_FALSE(backup_store(path, copy).ok());
  must_commit(*store, story(session(1001), State::active));
  REQUIRE(must_verify(copy).sessions == 101);
  REQUIRE(must_verify(copy).problems == std::vector<std::string>{});
  REQUIRE((std::filesystem::status(copy).permissions() & std::filesystem::perms::all) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  const auto restored = open_store(copy);
  REQUIRE(restored->instance() == store->instance());
  must_commit(*restored, story(session(1001), State::active));
  REQUIRE(must_load(*restored).last_seq == must_load(*store).last_seq);
}

TEST_CASE("a backup that fails leaves nothing behind") {
  TempDirectory directory;
  REQUIRE_FALSE(backup_store(directory.file("none.db"), directory.file("copy.db")).ok());
  REQUIRE_FALSE(std::filesystem::exists(directory.file("copy.db")));
}

TEST_CASE("pruning takes old resolved sessions with their history, and keeps what is still needed") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  {
    const auto store = open_store(path);
    Batch batch;
    for (int n = 0; n < 10; ++n) {
      batch = story(session(n), n == 3 ? State::active : State::closed);
      batch.deliveries = {delivery(n), delivery(100 + n, n == 4 ? Disposition::held : Disposition::ignored)};
      batch.deliveries[0].session = session(n).id;
      must_commit(*store, batch);
    }
    const Ledger before = must_load(*store);
    REQUIRE(store->prune(session(8).created_at + Seconds{10}, 3).value().sessions == 3);
    REQUIRE(store->prune(session(8).created_at + Seconds{10}, 100).value().sessions == 4);
    REQUIRE(store->prune(at(1'000'000'000), 100).value().sessions == 1);  // session 8; 9 is its slot's newest
    REQUIRE_FALSE(store->prune(at(1'000'000'000), 100).value().more);
    const Ledger after = must_load(*store);
    REQUIRE(after.latest == before.latest);
    REQUIRE(after.unresolved == before.unresolved);
    REQUIRE(after.held == before.held);
    REQUIRE(after.counts == before.counts);
    REQUIRE(after.last_seq == before.last_seq);
    const auto history = open_history(path);
    REQUIRE(history->sessions({})->rows.size() == 2);
    REQUIRE(history->deliveries({})->rows.size() == 3);
    REQUIRE(history->transitions({})->rows.size() == 5);
    REQUIRE(store->used_bytes().value() > 0);
    must_commit(*store, story(session(20), State::active));
  }
  const Verification found = must_verify(path);
  for (const std::string& problem : found.problems) REQUIRE(problem.find("digest") != std::string::npos);
  REQUIRE(run_sql(path, "SELECT removed_sessions FROM meta") == "8");
  // A session that went otherwise is missed.
  run_sql(path, "DELETE FROM sessions WHERE id = '" + session(9).id.str() + "'");
  const Verification robbed = must_verify(path);
  REQUIRE(std::any_of(robbed.problems.begin(), robbed.problems.end(), [](const std::string& problem) {
    return problem.find("2 sessions are here, and by what was recorded and removed there should be 3") == 0;
  }));
}

TEST_CASE("deliveries without a session are pruned a few at a time, and there is said to be more") {
  const auto store = open_store();
  Batch batch;
  for (int n = 0; n < 5; ++n) batch.deliveries.push_back(delivery(n, Disposition::ignored));
  must_commit(*store, batch);
  for (const bool more : {true, true, false}) {
    const auto pruned = store->prune(at(1'000'000'000), 2);
    REQUIRE(pruned.value().sessions == 0);
    REQUIRE(pruned.value().more == more);
  }
}

TEST_CASE("a copy without a name can be read while it is held, and leaves nothing behind") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  const auto store = open_store(path);
  must_commit(*store, story(session(1), State::closed));
  const auto made = BackupCopy::make(path);
  REQUIRE(made.ok());
  const BackupCopy& copy = **made;
  REQUIRE_FALSE(std::filesystem::exists(path + ".backup"));
  std::string bytes(static_cast<std::size_t>(copy.size()) + 1, ' ');
  REQUIRE(copy.read(0, bytes.data(), 100) == 100);
  const std::size_t rest = copy.read(100, bytes.data() + 100, bytes.size() - 100);
  REQUIRE(rest == static_cast<std::size_t>(copy.size()) - 100);
  REQUIRE(copy.read(copy.size(), bytes.data(), 10) == 0);
  bytes.pop_back();
  std::ofstream(directory.file("copy.db"), std::ios::binary) << bytes;
  REQUIRE(must_verify(directory.file("copy.db")).problems.empty());
  // What a killed daemon left is no obstacle; a store that is not there is one.
  std::ofstream(path + ".backup") << "half";
  REQUIRE(BackupCopy::make(path).ok());
  REQUIRE_FALSE(BackupCopy::make(directory.file("none.db")).ok());
}
