// What is PostgreSQL's alone: the lead, its fence, and a server that goes away.
#include "store/pg_lead.h"
#include <optional>
#include <set>
#include <thread>

#include "store/pg_history.h"
#include "store/pg_server.h"
#include "store/pg_world.h"
#include "store/session_columns.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

constexpr Millis limit = Seconds{5};

std::unique_ptr<pg::Connection> connect(const PgSettings& settings) {
  return pg::Connection::open(settings.url.reveal(), "", limit);
}

PgSettings other_node(PgSettings settings) {
  settings.node = "b";
  return settings;
}

bool tells_of(const Error& error, std::string_view text) {
  return error.what.find(text) != std::string::npos;
}

LeadRow renewed(std::int64_t epoch, std::int64_t beat, Millis lease) {
  LeadRow row;
  row.epoch = epoch;
  row.beat = beat;
  row.lease = lease;
  row.released = false;
  return row;
}

}  // namespace

TEST_CASE("a store that a node leads is refused to another, and free once it was closed", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  auto store = open_pg(settings);
  CHECK(store->epoch() == 1);
  Refusal refusal = Refusal::none;
  const auto second = PgStore::open(other_node(settings), &refusal);
  REQUIRE_FALSE(second.ok());
  CHECK(refusal == Refusal::in_use);
  CHECK(tells_of(second.error(), "is led by node a"));
  store.reset();
  CHECK(lead_of(settings).released);
  CHECK(open_pg(other_node(settings))->epoch() == 2);
}

TEST_CASE("whatever a former leader writes is refused, and it learns that it leads no more", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto former = open_pg(settings);
  must_commit(*former, story(session(1), State::active));
  // Its process of the server is left, as where the claim could not end it.
  LeadRow seen = lead_of(settings);
  seen.backend = 0;
  const auto taken = PgStore::take_over(other_node(settings), seen);
  REQUIRE(taken.ok());
  must_commit(**taken, story(session(2), State::closed));

  const int what = GENERATE(0, 1, 2, 3);
  if (what == 0) CHECK_FALSE(former->commit(story(session(3), State::active)).ok());
  if (what == 1) CHECK_FALSE(former->probe().ok());
  if (what == 2) CHECK_FALSE(former->prune(at(1'000'000'000), 10).ok());
  // It does not go on from what the next leader wrote, which makes nobody's rows wrong.
  if (what == 3) CHECK(former->commit(story(session(2), State::active)).error().kind == ErrorKind::storage);
  CHECK(former->is_deposed());
  CHECK_FALSE(former->reopen().ok());
  CHECK_FALSE(former->load().ok());
  const Ledger ledger = must_load(**taken);
  CHECK(ledger.unresolved.size() == 1);
  CHECK(ledger.last_seq == 5);
  CHECK_FALSE((*taken)->is_deposed());
}

TEST_CASE("a claim is refused if the leader has renewed since it was seen", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  const LeadRow seen = lead_of(settings);
  REQUIRE(store->probe().ok());
  Refusal refusal = Refusal::none;
  CHECK_FALSE(PgStore::take_over(other_node(settings), seen, &refusal).ok());
  CHECK(refusal == Refusal::in_use);
  CHECK(lead_of(settings).node == "a");
}

TEST_CASE("the lead is taken also where the server's process of the former leader has gone", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto former = open_pg(settings);
  const LeadRow seen = lead_of(settings);
  run_pg_sql(settings, "SELECT pg_terminate_backend(backend::int)::text FROM lead");
  CHECK(PgStore::take_over(other_node(settings), seen).ok());
}

TEST_CASE("a COMMIT that comes with a warning is no success", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  const auto other = connect(settings);
  const std::string wait_for_nobody = "ALTER SYSTEM SET synchronous_standby_names = 'nobody'";
  const std::string wait_no_more = "ALTER SYSTEM RESET synchronous_standby_names";
  const std::string reload = "SELECT pg_reload_conf()";
  pg::run(*other, wait_for_nobody, limit);
  pg::run(*other, reload, limit);
  const std::string waits = "SELECT current_setting('synchronous_standby_names') = 'nobody'";
  while (!pg::Reader(pg::run(*connect(settings), waits, limit), 0).boolean()) std::this_thread::yield();

  store->hand_over();
  std::optional<Result<std::int64_t>> seq;
  std::thread committer([&] {
    seq = store->commit(story(session(1), State::active));
    store->hand_over();
  });
  const std::string cancel =
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  while (pg::run(*other, cancel, limit).count() == 0) std::this_thread::yield();
  committer.join();
  pg::run(*other, wait_no_more, limit);
  pg::run(*other, reload, limit);
  REQUIRE_FALSE(seq->ok());
  CHECK(tells_of(seq->error(), "the server warns"));
  // It is there all the same, as load() shows once the connection was made anew.
  REQUIRE(store->needs_reopen());
  while (!store->reopen()) std::this_thread::yield();
  CHECK(must_load(*store).last_seq == 2);
}

TEST_CASE("a commit that took too long is found out: it is there, or can never come", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  must_commit(*store, story(session(1), State::active));
  {
    const auto other = connect(settings);
    pg::run(*other, pg::begin_text, limit);
    const std::string locks = pg::in_schema("LOCK TABLE @session_counts", settings.schema);
    pg::run(*other, locks, limit);
    const Mono began = BootClock::now();
    CHECK_FALSE(store->commit(story(session(2), State::active)).ok());
    CHECK(BootClock::now() - began < Seconds{4});
    REQUIRE(store->needs_reopen());
    // The server ends what its client has given up, so that it cannot come, also while the lock is held.
    while (!store->reopen() && BootClock::now() - began < Seconds{20}) std::this_thread::yield();
    CHECK_FALSE(store->needs_reopen());
  }
  const std::int64_t seq = must_load(*store).last_seq;
  CHECK((seq == 2 || seq == 4));
  CHECK(must_commit(*store, story(session(2), State::active)) == 4);
  CHECK(must_load(*store).unresolved.size() == 2);
}

TEST_CASE("a leader that stopped inside a transaction does not keep the next one out", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  // As the leader's connection, with the row locked and nothing that follows.
  const auto stopped = connect(settings);
  pg::run(*stopped, pg::begin_text, limit);
  const std::string locks = pg::in_schema("UPDATE @lead SET backend = pg_backend_pid()", settings.schema);
  pg::run(*stopped, locks, limit);
  LeadRow seen = lead_of(settings);
  const std::string pid = run_pg_sql(
      settings, "SELECT pid::text FROM pg_stat_activity WHERE state = 'idle in transaction' LIMIT 1");
  seen.backend = std::stoll(pid);
  const Mono began = BootClock::now();
  REQUIRE(PgStore::take_over(other_node(settings), seen).ok());
  CHECK(BootClock::now() - began < Seconds{2});
}

TEST_CASE("the lease counts from when its renewal was sent, less a margin", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  const Mono before = BootClock::now();
  REQUIRE(store->probe().ok());
  const Mono after = BootClock::now();
  const Millis held = settings.lease - lease_margin(settings.lease);
  CHECK(store->lead_until() >= before + held);
  CHECK(store->lead_until() <= after + held);
}

TEST_CASE("a lease is over for whoever watched it without a break, and not before") {
  const Millis lease = Seconds{10};
  const Mono begin{Seconds{1000}};
  LeaseWatch watch;
  CHECK_FALSE(watch.is_over(renewed(3, 7, lease), begin));
  SECTION("unchanged") {
    for (Millis passed{500}; passed < Millis{10'100}; passed += Millis{500})
      REQUIRE_FALSE(watch.is_over(renewed(3, 7, lease), begin + passed));
    CHECK(watch.is_over(renewed(3, 7, lease), begin + Millis{10'100}));
  }
  SECTION("a renewal, or another epoch, begins it anew") {
    for (Millis passed{500}; passed <= Seconds{6}; passed += Millis{500})
      watch.is_over(renewed(3, 7, lease), begin + passed);
    const LeadRow next = GENERATE_COPY(renewed(3, 8, lease), renewed(4, 7, lease));
    for (Millis passed{6500}; passed < Millis{16'600}; passed += Millis{500})
      REQUIRE_FALSE(watch.is_over(next, begin + passed));
    CHECK(watch.is_over(next, begin + Millis{16'600}));
  }
  SECTION("a look that failed begins it anew") {
    for (Millis passed{500}; passed <= Seconds{9}; passed += Millis{500})
      watch.is_over(renewed(3, 7, lease), begin + passed);
    CHECK_FALSE(watch.is_over(std::nullopt, begin + Millis{9500}));
    CHECK_FALSE(watch.is_over(renewed(3, 7, lease), begin + Seconds{12}));
  }
  SECTION("a look that came late begins it anew") {
    CHECK_FALSE(watch.is_over(renewed(3, 7, lease), begin + Seconds{20}));
    CHECK_FALSE(watch.is_over(renewed(3, 7, lease), begin + Seconds{24}));
  }
  SECTION("what was released is free at once") {
    LeadRow row = renewed(3, 8, lease);
    row.released = true;
    CHECK(watch.is_over(row, begin + Millis{500}));
  }
}

TEST_CASE("the last commit that a row shows is lost to nobody where commits wait for a standby") {
  CommitWatch watch(Durability::replicated);
  CHECK(watch.lost(10) == 0);
  // Shown by a primary that was cut off; then another one leads, and goes on from there.
  CHECK(watch.lost(9) == 0);
  CHECK(watch.lost(10) == 0);
  CHECK(watch.lost(9) == 0);
  CHECK(watch.lost(11) == 0);
  CHECK(watch.lost(12) == 0);
  // The eleventh was acknowledged, since the twelfth came after it.
  CHECK(watch.lost(10) == 1);
  CHECK(watch.lost(10) == 0);
  CHECK(watch.lost(4) == 5);
}

TEST_CASE("each commit that a row has shown is lost with it where none waits for a standby") {
  CommitWatch watch(GENERATE(Durability::local, Durability::managed));
  CHECK(watch.lost(10) == 0);
  CHECK(watch.lost(9) == 1);
  CHECK(watch.lost(9) == 0);
  CHECK(watch.lost(12) == 0);
  CHECK(watch.lost(2) == 10);
}

TEST_CASE("values that the server cannot keep are refused as such, and the connection stays",
          "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  Batch batch;
  batch.deliveries = {delivery(1), delivery(2)};
  const int what = GENERATE(0, 1, 2);
  if (what == 0) batch.deliveries[1].type = std::string("a\0b", 3);
  if (what == 1) batch.deliveries[1].type = "\xff";
  // Random bytes, since an entry of an index is compressed.
  if (what == 2) {
    batch.deliveries[1].key.clear();
    for (unsigned n = 1; n < 9000; ++n)
      batch.deliveries[1].key += static_cast<char>('!' + (n * 2654435761U >> 7U) % 90);
  }
  const auto refused = store->commit(batch);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::malformed);
  CHECK_FALSE(store->needs_reopen());
  CHECK_FALSE(store->is_deposed());
  batch.deliveries.pop_back();
  must_commit(*store, batch);
  CHECK(must_load(*store).last_delivery == 1);
}

TEST_CASE("a connection that the server ends is opened anew, and goes on", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  must_commit(*store, story(session(1), State::active));
  run_pg_sql(settings, "SELECT pg_terminate_backend(backend::int)::text FROM lead");
  CHECK_FALSE(store->commit(story(session(2), State::active)).ok());
  REQUIRE(store->needs_reopen());
  REQUIRE(store->reopen().ok());
  CHECK_FALSE(store->is_deposed());
  CHECK(must_load(*store).last_seq == 2);
  must_commit(*store, story(session(2), State::active));
  CHECK(must_load(*store).last_seq == 4);
}

TEST_CASE("a server that crashes loses nothing that was committed", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  must_commit(*store, story(session(1), State::closed));
  PgServer::shared().stop("immediate");
  CHECK_FALSE(store->commit(story(session(2), State::active)).ok());
  CHECK_FALSE(store->reopen().ok());
  CHECK(store->needs_reopen());
  PgServer::shared().start();
  REQUIRE(store->reopen().ok());
  CHECK(must_load(*store).last_seq == 3);
  must_commit(*store, story(session(2), State::active));
}

TEST_CASE("a read of the history that takes too long is cut off, and the next one works", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  must_commit(*store, story(session(1), State::active));
  const auto history = std::move(*PgHistory::open(settings, Millis{200}));
  {
    const auto other = connect(settings);
    pg::run(*other, pg::begin_text, limit);
    const std::string locks = pg::in_schema("LOCK TABLE @sessions", settings.schema);
    pg::run(*other, locks, limit);
    const auto late = history->sessions({});
    REQUIRE_FALSE(late.ok());
    CHECK(tells_of(late.error(), "longer than 200ms and was cut off"));
  }
  CHECK(history->session(SessionId("s1")).value().has_value());
}

TEST_CASE("a store of a newer version is led by nobody who does not know it, and read if it allows that",
          "[postgresql]") {
  const PgSettings settings = fresh_pg();
  open_pg(settings);
  run_pg_sql(settings, "UPDATE meta SET version = 99");
  Refusal refusal = Refusal::none;
  const auto store = PgStore::open(settings, &refusal);
  REQUIRE_FALSE(store.ok());
  CHECK(refusal == Refusal::newer);
  CHECK(PgHistory::open(settings).ok());
  run_pg_sql(settings, "UPDATE meta SET readable_from = 99");
  CHECK_FALSE(PgHistory::open(settings).ok());
}

TEST_CASE("without a synchronous standby nobody leads, unless that is what was asked for", "[postgresql]") {
  PgSettings settings = fresh_pg();
  settings.durability = Durability::replicated;
  const auto refused = PgStore::open(settings);
  REQUIRE_FALSE(refused.ok());
  CHECK(tells_of(refused.error(), "no synchronous standby"));
  settings.durability = Durability::managed;
  CHECK(PgStore::open(settings).ok());
}

TEST_CASE("the columns of a session are those of its table in PostgreSQL", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  open_pg(settings);
  std::set<std::string> listed{"number", "chain_head"};
  for (const SessionColumn& column : session_columns()) listed.emplace(column.name);
  std::string names;
  for (const std::string& name : listed) names += (names.empty() ? "" : ",") + name;
  CHECK(run_pg_sql(settings,
                   "SELECT string_agg(attname, ',' ORDER BY attname COLLATE \"C\") FROM pg_attribute "
                   "WHERE attrelid = 'sessions'::regclass AND attnum > 0 AND NOT attisdropped") == names);
}

TEST_CASE("an address says where the store is, and no password", "[postgresql]") {
  PgSettings settings;
  settings.url = Secret("postgresql://keeper:secret@pg1,pg2/ledger?connect_timeout=2");
  CHECK(pg_location(settings) == "postgresql://pg1,pg2/ledger, schema session_keeper");
}
