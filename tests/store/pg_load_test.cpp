// What a node does between its claim and its first commit where the store is large: it renews the lease.
#include <set>

#include "store/pg_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

constexpr int sessions = 4500;
constexpr int slots = 3000;
constexpr int held = 2500;

// More of each kind than one read of the ledger takes.
void fill(Store& store) {
  for (int n = 0; n < sessions; n += 500) {
    Batch batch;
    for (int i = n; i < n + 500; ++i) {
      SessionRow row = session(i, slots);
      row.start_sent_at = at(5);
      row.start_sent_mono = Mono{Millis{77}};
      append(batch, story(row, State::active));
    }
    must_commit(store, batch);
  }
  Batch batch;
  for (int n = 0; n < held; ++n) batch.deliveries.push_back(delivery(n, Disposition::held));
  must_commit(store, batch);
}

}  // namespace

TEST_CASE("the load of a large store is whole, and renews the lease on the way", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  fill(*store);
  const LeadRow before = lead_of(settings);
  const Mono began = BootClock::now();
  int steps = 0;
  const auto ledger = store->load([&] { ++steps; });
  REQUIRE(ledger.ok());
  CHECK(steps == 3);
  CHECK(lead_of(settings).beat == before.beat + 3);
  CHECK(store->lead_until() >= began + settings.lease - lease_margin(settings.lease));
  must_commit(*store, story(session(sessions), State::active));

  REQUIRE(ledger->unresolved.size() == sessions);
  std::set<SessionId> found;
  for (const SessionRow& row : ledger->unresolved) found.insert(row.id);
  CHECK(found.size() == sessions);
  REQUIRE(ledger->latest.size() == slots);
  std::set<PlanName> plans;
  for (const SessionRow& row : ledger->latest) {
    plans.insert(row.plan);
    // The newer one of a slot that has two.
    const int n = std::stoi(row.id.str().substr(1));
    REQUIRE((n >= sessions - slots));
  }
  CHECK(plans.size() == slots);
  REQUIRE(ledger->held.size() == held);
  CHECK(ledger->held.front().id == 1);
  CHECK(ledger->held.back().id == held);
}

TEST_CASE("a load in one step writes nothing", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  must_commit(*store, story(session(1), State::active));
  const LeadRow before = lead_of(settings);
  CHECK(must_load(*store).unresolved.size() == 1);
  CHECK(lead_of(settings).beat == before.beat);
}

TEST_CASE("a load ends where another node took the lead on the way", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  fill(*store);
  const int step = GENERATE(1, 2);
  int steps = 0;
  const auto ledger = store->load([&] {
    if (++steps == step) run_pg_sql(settings, "UPDATE lead SET epoch = epoch + 1, token = 'other'");
  });
  REQUIRE_FALSE(ledger.ok());
  CHECK(ledger.error().what.find("another node leads; the process ends") != std::string::npos);
  CHECK(steps == step);
  CHECK(store->is_deposed());
}

TEST_CASE("moments of another boot are forgotten in steps, each of which renews the lease", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  fill(*open_pg(settings));
  const std::string count = "SELECT count(*) FROM sessions WHERE start_sent_mono IS NOT NULL";
  CHECK(open_pg(settings)->load().ok());
  CHECK(run_pg_sql(settings, count) == std::to_string(sessions));
  run_pg_sql(settings, "UPDATE meta SET boot = 'another'");
  const auto store = open_pg(settings);
  CHECK(lead_of(settings).beat == 3);
  CHECK(run_pg_sql(settings, count) == "0");
  CHECK(run_pg_sql(settings, "SELECT count(*) FROM meta WHERE boot = 'another'") == "0");
}
