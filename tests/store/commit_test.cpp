#include "store/store_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

bool says(const Error& error, std::string_view text) { return error.what.find(text) != std::string::npos; }

}  // namespace

STORE_TEST_CASE("a session comes back with every field as it was stored") {
  const auto store = world.open();
  SessionRow unresolved = full_session();
  unresolved.id = SessionId("unresolved");
  unresolved.attempt = 0;
  unresolved.resolved = false;
  Batch batch;
  batch.sessions = {unresolved, full_session()};
  must_commit(*store, batch);
  const Ledger ledger = must_load(*store);
  REQUIRE(ledger.unresolved == std::vector<SessionRow>{unresolved});
  REQUIRE(ledger.latest == std::vector<SessionRow>{full_session()});
}

STORE_TEST_CASE("a session without its optional fields comes back without them") {
  const auto store = world.open();
  Batch batch;
  batch.sessions = {session(1)};
  must_commit(*store, batch);
  REQUIRE(must_load(*store).unresolved == batch.sessions);
}

STORE_TEST_CASE("a later row of a session replaces the earlier one") {
  const auto store = world.open();
  SessionRow row = session(1);
  Batch batch;
  batch.sessions = {row};
  must_commit(*store, batch);
  SessionRow later = full_session();
  later.id = row.id;
  later.plan = row.plan;
  later.provider = row.provider;
  later.occurrence = row.occurrence;
  later.replica = row.replica;
  later.attempt = row.attempt;
  later.created_at = row.created_at;
  later.resolved = false;
  batch.sessions = {row, later};
  must_commit(*store, batch);
  REQUIRE(must_load(*store).unresolved == std::vector<SessionRow>{later});
}

STORE_TEST_CASE("a batch that is committed twice changes nothing the second time") {
  const auto store = world.open();
  Batch batch = story(session(1), State::closed);
  batch.deliveries = {delivery(1, Disposition::held)};
  batch.plans = {plan("p0", 4)};
  const std::int64_t seq = must_commit(*store, batch);
  const Ledger before = must_load(*store);
  REQUIRE(must_commit(*store, batch) == seq);
  const Ledger after = must_load(*store);
  REQUIRE(seq == 3);
  REQUIRE(after.last_seq == 3);
  REQUIRE(after.counts == before.counts);
  REQUIRE(after.held == before.held);
  REQUIRE(after.plans == before.plans);
  REQUIRE(after.latest == before.latest);
}

STORE_TEST_CASE("an empty batch gives the last seq and writes nothing") {
  const auto store = world.open();
  must_commit(*store, story(session(1), State::active));
  REQUIRE(must_commit(*store, Batch{}) == 2);
}

STORE_TEST_CASE("a terminal state never changes, and the whole batch is refused") {
  const auto store = world.open();
  must_commit(*store, story(session(1), State::closed));
  SessionRow row = session(1);
  row.state = State::closed;
  row.resolved = true;

  SECTION("by its row alone") {
    row.state = State::error;
    Batch batch = story(session(2), State::queued);
    batch.sessions.push_back(row);
    const auto result = store->commit(batch);
    REQUIRE_FALSE(result.ok());
    REQUIRE(result.error().kind == ErrorKind::malformed);
    REQUIRE(says(result.error(), "terminal state never changes"));
  }
  SECTION("by a transition") {
    Batch batch = story(session(2), State::queued);
    batch.transitions.push_back(moved(row, State::timed_out));
    const auto result = store->commit(batch);
    REQUIRE_FALSE(result.ok());
    REQUIRE(says(result.error(), "cannot become timed_out, it is closed"));
  }
  REQUIRE_FALSE(store->needs_reopen());
  const Ledger ledger = must_load(*store);
  REQUIRE(ledger.unresolved.empty());
  REQUIRE(ledger.last_seq == 3);
  REQUIRE(ledger.counts == std::array<std::int64_t, 5>{0, 0, 1, 0, 0});
}

STORE_TEST_CASE("a transition that does not follow from the last one is refused") {
  const auto store = world.open();
  must_commit(*store, story(session(1), State::queued));
  SessionRow row = session(1);
  Batch batch;
  SECTION("from a state that it is not in") {
    row.state = State::active;
    batch.transitions = {moved(row, State::closed)};
  }
  SECTION("of a session that is not there") {
    row.id = SessionId("nobody");
    batch.transitions = {created(row)};
  }
  SECTION("under another plan") {
    batch.transitions = {moved(row, State::active)};
    batch.transitions[0].plan = PlanName("another");
  }
  REQUIRE_FALSE(store->commit(batch).ok());
  REQUIRE(must_load(*store).last_seq == 1);
}

STORE_TEST_CASE("two sessions for one attempt are refused") {
  const auto store = world.open();
  SessionRow twin = session(1);
  twin.id = SessionId("twin");
  Batch batch;
  batch.sessions = {session(1), twin};
  REQUIRE_FALSE(store->commit(batch).ok());
  REQUIRE(must_load(*store).unresolved.empty());
}

STORE_TEST_CASE("the newest session of a slot is the one created last, whatever the order in the batch") {
  const auto store = world.open();
  Batch batch;
  for (int n = 0; n < 6; ++n) {
    SessionRow row = session(n);
    row.id = SessionId(std::string(1, static_cast<char>('z' - n)));
    row.replica = n % 2;
    batch.sessions.insert(batch.sessions.begin(), row);
  }
  SessionRow other = session(9);
  other.plan = PlanName("a plan before");
  batch.sessions.push_back(other);
  must_commit(*store, batch);
  const Ledger ledger = must_load(*store);
  REQUIRE(ledger.latest.size() == 3);
  REQUIRE(ledger.latest[0].plan == other.plan);
  REQUIRE(ledger.latest[1].occurrence == session(4).occurrence);
  REQUIRE(ledger.latest[2].occurrence == session(5).occurrence);
  REQUIRE(ledger.unresolved.size() == 7);
}

STORE_TEST_CASE("sessions are counted by their state") {
  const auto store = world.open();
  int n = 0;
  for (const State state : all_states) must_commit(*store, story(session(++n), state));
  must_commit(*store, story(session(++n), State::closed));
  REQUIRE(must_load(*store).counts == std::array<std::int64_t, 5>{1, 1, 2, 1, 1});
}

STORE_TEST_CASE("a delivery is kept once and comes back whole") {
  const auto store = world.open();
  DeliveryRow row = delivery(1);
  row.failed = true;
  row.progress = Progress::ended;
  row.session = SessionId("s1");
  row.body = std::string("raw\0bytes\xff", 10);
  Batch batch = story(session(1), State::queued);
  batch.deliveries = {row, row};
  must_commit(*store, batch);
  must_commit(*store, batch);
  const auto history = world.history();
  const auto page = history->deliveries({});
  REQUIRE(page.value().rows.size() == 1);
  const auto found = history->delivery(page->rows[0].id);
  REQUIRE(found.value().has_value());
  row.id = page->rows[0].id;
  REQUIRE(**found == row);
  row.body.clear();
  REQUIRE(page->rows[0] == row);
}

STORE_TEST_CASE("a known delivery without a body changes its session and disposition only") {
  const auto store = world.open();
  Batch batch;
  batch.deliveries = {delivery(1, Disposition::held)};
  must_commit(*store, batch);
  const DeliveryRow held = delivery(1);
  REQUIRE(must_load(*store).held == std::vector<HeldRow>{{1, held.provider, held.remote_id}});
  REQUIRE(must_load(*store).last_delivery == 1);

  DeliveryRow change;
  change.id = 1;
  change.disposition = Disposition::applied;
  change.session = SessionId("s1");
  batch = story(session(1), State::queued);
  batch.deliveries = {change};
  must_commit(*store, batch);
  REQUIRE(must_load(*store).held.empty());
  const auto found = world.history()->delivery(1);
  DeliveryRow wanted = delivery(1);
  wanted.id = 1;
  wanted.session = SessionId("s1");
  REQUIRE(found.value() == std::optional<DeliveryRow>(wanted));
}

STORE_TEST_CASE("the rows of one delivery take effect in their order, also within a batch") {
  const auto store = world.open();
  const auto row = [](int n, Disposition disposition) {
    DeliveryRow made = delivery(n, disposition);
    made.id = n;
    return made;
  };
  const auto change = [](int n, Disposition disposition) {
    DeliveryRow made;
    made.id = n;
    made.disposition = disposition;
    return made;
  };
  Batch batch;
  batch.deliveries = {row(1, Disposition::held),       row(2, Disposition::held),
                      change(1, Disposition::applied), change(1, Disposition::late),
                      row(3, Disposition::applied),    row(3, Disposition::held),
                      row(2, Disposition::late)};
  must_commit(*store, batch);
  const Findings found = must_find(*store, {.held = {1, 2, 3}});
  CHECK(found.held.at(1).disposition == Disposition::late);
  CHECK(found.held.at(2).disposition == Disposition::late);
  CHECK(found.held.at(3).disposition == Disposition::held);
  batch.deliveries = {change(1, Disposition::held), change(4, Disposition::held)};
  CHECK_FALSE(store->commit(batch).ok());
  CHECK(must_load(*store).held.size() == 1);
}

STORE_TEST_CASE("a delivery without a body that is not there is refused") {
  const auto store = world.open();
  Batch batch;
  batch.deliveries = {delivery(1)};
  batch.deliveries[0].body.clear();
  REQUIRE_FALSE(store->commit(batch).ok());
}

STORE_TEST_CASE("a delivery keeps the number that it comes with, and takes nobody else's") {
  const auto store = world.open();
  Batch batch;
  batch.deliveries = {delivery(1), delivery(2)};
  batch.deliveries[0].id = 7;
  batch.deliveries[1].id = 9;
  must_commit(*store, batch);
  must_commit(*store, batch);
  REQUIRE(must_load(*store).last_delivery == 9);
  const Findings found = must_find(*store, {.held = {7, 8, 9}});
  REQUIRE(found.held.size() == 2);
  REQUIRE(found.held.at(7).key == delivery(1).key);
  REQUIRE(found.held.at(9).key == delivery(2).key);

  batch.deliveries = {delivery(3)};
  batch.deliveries[0].id = 9;
  REQUIRE_FALSE(store->commit(batch).ok());
  REQUIRE(must_find(*store, {.held = {9}}).held.at(9).key == delivery(2).key);
}

STORE_TEST_CASE("a delivery's key is known per provider, and only once it is committed") {
  const auto store = world.open();
  const DeliveryRow row = delivery(1);
  REQUIRE_FALSE(is_recorded(*store, row.provider, row.key));
  Batch batch;
  batch.deliveries = {row};
  must_commit(*store, batch);
  REQUIRE(is_recorded(*store, row.provider, row.key));
  REQUIRE_FALSE(is_recorded(*store, ProviderName("b"), row.key));
}

STORE_TEST_CASE(
    "a remote leads to the newest session that had it, at its own provider, or to that of its tag") {
  const auto store = world.open();
  Batch batch;
  for (int n = 1; n <= 4; ++n) {
    SessionRow row = session(n);
    if (n < 4) row.remote_id = RemoteId("r");
    if (n == 3) row.provider = ProviderName("b");
    batch.sessions.push_back(row);
  }
  must_commit(*store, batch);
  const ProviderName a("a");
  const ProviderName b("b");
  const Findings found = must_find(*store, {.deliveries = {{a, "k", RemoteId("r")}, {b, "k", RemoteId("x")}},
                                            .remotes = {{a, RemoteId("r"), SessionId("s1")},
                                                        {b, RemoteId("r")},
                                                        {a, RemoteId("x"), SessionId("s4")},
                                                        {a, RemoteId("x"), SessionId("nobody")},
                                                        {b, RemoteId("x")}},
                                            .sessions = {SessionId("s4"), SessionId("nobody")}});
  REQUIRE(found.seen.at(0).session == SessionId("s2"));
  REQUIRE(found.seen.at(1).session == std::nullopt);
  REQUIRE(found.known == std::vector<std::optional<SessionRow>>{batch.sessions[1], batch.sessions[2],
                                                                batch.sessions[3], std::nullopt,
                                                                std::nullopt});
  REQUIRE(found.sessions == std::vector<std::optional<SessionRow>>{batch.sessions[3], std::nullopt});
}

STORE_TEST_CASE("a plan's row is replaced by its name") {
  const auto store = world.open();
  Batch batch;
  batch.plans = {plan("q", 1), plan("p", 2), plan("q", 3, at(9))};
  must_commit(*store, batch);
  REQUIRE(must_load(*store).plans == std::vector<PlanRow>{plan("p", 2), plan("q", 3, at(9))});
}
