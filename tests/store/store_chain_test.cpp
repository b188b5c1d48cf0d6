// What a store says of its own history: the chains, the digests and the counts of what retention removed.
#include <algorithm>

#include "store/chain.h"
#include "store/store_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

void fill(StoreWorld& world, int count) {
  const auto store = world.open();
  Batch some;
  for (int n = 0; n < count; ++n) {
    const Batch one = story(session(n), all_states[static_cast<std::size_t>(n) % 5]);
    some.sessions.insert(some.sessions.end(), one.sessions.begin(), one.sessions.end());
    some.transitions.insert(some.transitions.end(), one.transitions.begin(), one.transitions.end());
    if (n % 100 != 99 && n + 1 < count) continue;
    must_commit(*store, some);
    some = {};
  }
}

}  // namespace

STORE_TEST_CASE("each hash covers the one before it and the whole row") {
  fill(world, 3);
  const auto history = world.history();
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
  REQUIRE(world.sql("SELECT chain_head FROM sessions WHERE id = 's2'") == head);
  REQUIRE(world.sql("SELECT hash FROM transitions ORDER BY seq DESC LIMIT 1") == head);
}

STORE_TEST_CASE("a replaced session row keeps the head of its chain") {
  {
    const auto store = world.open();
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
  const Verification found = world.verify();
  REQUIRE(found.problems == std::vector<std::string>{});
  REQUIRE(found.transitions == 3);
}

STORE_TEST_CASE("a store that nobody touched verifies") {
  fill(world, 2500);
  const Verification found = world.verify();
  REQUIRE(found.problems == std::vector<std::string>{});
  REQUIRE(found.sessions == 2500);
  REQUIRE(found.transitions == 500 * (1 + 2 + 3 + 3 + 3));
}

STORE_TEST_CASE("tampering with the history shows") {
  fill(world, 10);
  const char* text =
      GENERATE("UPDATE transitions SET reason = 'lost' WHERE seq = 6",
               "UPDATE transitions SET at = at + 1 WHERE seq = 2",
               "UPDATE transitions SET detail = 'x', hash = (SELECT chain_head FROM sessions WHERE id = "
               "'s0') WHERE seq = 3",
               "DELETE FROM transitions WHERE seq = (SELECT MAX(seq) FROM transitions)",
               "DELETE FROM transitions WHERE seq = 2", "UPDATE sessions SET state = 'error' WHERE id = 's2'",
               "UPDATE sessions SET provider = 'b' WHERE id = 's2'");
  world.sql(text);
  const Verification found = world.verify();
  INFO(text);
  REQUIRE_FALSE(found.problems.empty());
}

STORE_TEST_CASE("a changed delivery shows") {
  Batch batch = story(session(1), State::queued);
  batch.deliveries = {delivery(1)};
  batch.deliveries[0].body = "abc";
  batch.deliveries[0].digest =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2
  must_commit(*world.open(), batch);
  REQUIRE(world.verify().problems.empty());
  world.sql("UPDATE deliveries SET body = (SELECT chain_head FROM sessions LIMIT 1)");
  REQUIRE(world.verify().problems.size() == 1);
}

STORE_TEST_CASE("pruning takes old resolved sessions with their history, and keeps what is still needed") {
  {
    const auto store = world.open();
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
    const auto history = world.history();
    REQUIRE(history->sessions({})->rows.size() == 2);
    REQUIRE(history->deliveries({})->rows.size() == 3);
    REQUIRE(history->transitions({})->rows.size() == 5);
    REQUIRE(store->used_bytes().value() > 0);
    must_commit(*store, story(session(20), State::active));
  }
  const Verification found = world.verify();
  for (const std::string& problem : found.problems) REQUIRE(problem.find("digest") != std::string::npos);
  REQUIRE(world.sql("SELECT removed_sessions FROM meta") == "8");
  // A session that went otherwise is missed.
  world.sql("DELETE FROM sessions WHERE id = '" + session(9).id.str() + "'");
  const Verification robbed = world.verify();
  REQUIRE(std::any_of(robbed.problems.begin(), robbed.problems.end(), [](const std::string& problem) {
    return problem.find("2 sessions are here, and by what was recorded and removed there should be 3") == 0;
  }));
}

STORE_TEST_CASE("deliveries without a session are pruned a few at a time, and there is said to be more") {
  const auto store = world.open();
  Batch batch;
  for (int n = 0; n < 5; ++n) batch.deliveries.push_back(delivery(n, Disposition::ignored));
  must_commit(*store, batch);
  for (const bool more : {true, true, false}) {
    const auto pruned = store->prune(at(1'000'000'000), 2);
    REQUIRE(pruned.value().sessions == 0);
    REQUIRE(pruned.value().more == more);
  }
}
