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

}  // namespace

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
