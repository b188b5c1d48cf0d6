#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::minutes;

// One session, active, at the given provider.
SessionRow live_row(Bench& bench, const std::string& remote) {
  const Effect start = bench.pop(EffectKind::start);
  bench.answer(start, std::vector{bench.remote(remote)});
  return bench.rows.front();
}

SessionRow ended_row(Bench& bench, const std::string& provider, const std::string& remote) {
  SessionRow row;
  row.id = SessionId{"past"};
  row.plan = PlanName{"gone"};
  row.provider = ProviderName{provider};
  row.state = State::closed;
  row.reason = Reason::ended_by_provider;
  row.progress = Progress::ended;
  row.remote_id = RemoteId{remote};
  row.resolved = true;
  row.created_at = bench.now.wall - minutes{30};
  row.ended_at = bench.now.wall - minutes{10};
  return row;
}

}  // namespace

TEST_CASE(
    "each credential is listed at the start and every few minutes, a place at a time where there are "
    "places") {
  Plan a = always_plan("a", "sonoran_cms");
  a.place = "server/1";
  Plan b = always_plan("b", "sonoran_cms");
  b.place = "server/2";
  Bench bench({a, b});
  bench.tick();
  REQUIRE(bench.lists.size() == 4);
  bench.show_list("notte", {});
  bench.show_list("videosdk", {});
  bench.advance(minutes{6});
  CHECK(bench.lists.size() == 4);
}

TEST_CASE("a stranger is counted and never touched") {
  Bench bench({always_plan("p", "videosdk")});
  bench.tick();
  live_row(bench, "mine");
  bench.show_list("videosdk", {bench.remote("mine"), bench.remote("theirs")});
  CHECK(bench.waiting().empty());
  const View view = bench.keeper().view(bench.now);
  REQUIRE(view.orphans.size() == 1);
  CHECK(view.orphans[0].remote.str() == "theirs");
  CHECK(view.orphans[0].condition == OrphanCondition::stranger);
}

TEST_CASE("a remote with our tag that no session stands for gets a row of its own and is stopped") {
  Bench bench({});
  bench.tick();
  Remote orphan = bench.remote("late");
  orphan.tag = SessionId{"lost"};
  bench.show_list("videosdk", {orphan});
  CHECK(bench.moves == std::vector<std::string>{"queued orphan"});
  const View view = bench.keeper().view(bench.now);
  REQUIRE(view.orphans.size() == 1);
  CHECK(view.orphans[0].condition == OrphanCondition::stopping);
  const Effect stop = bench.pop(EffectKind::stop);
  CHECK(stop.remote.str() == "late");
  Remote gone = bench.remote("late", Progress::ended);
  gone.state = State::closed;
  bench.answer(stop, std::vector{gone});
  CHECK(bench.moves.back() == "closed orphan");
  CHECK(bench.keeper().world().sessions.empty());
  // The name that it has in place of a plan's is no plan.
  CHECK(bench.keeper().world().plans.empty());
}

TEST_CASE(
    "a remote that lives after its verified end is stopped again, and its row does not change its state") {
  Bench bench({});
  bench.tick();
  const SessionRow row = ended_row(bench, "notte", "undead");
  Remote undead = bench.remote("undead");
  undead.created_at = row.created_at;
  bench.show_list("notte", {undead}, {row});
  CHECK(bench.moves.empty());
  CHECK(bench.rows.front().state == State::closed);
  CHECK_FALSE(bench.rows.front().resolved);
  CHECK(bench.pop(EffectKind::stop).remote.str() == "undead");
}

TEST_CASE("a list that may be older than an end is not believed") {
  Bench bench({});
  bench.tick();
  SessionRow row = ended_row(bench, "notte", "r");
  row.ended_at = bench.now.wall - Seconds{5};
  bench.show_list("notte", {bench.remote("r")}, {row});
  CHECK(bench.waiting().empty());
  bench.advance(Seconds{15});
  CHECK_FALSE(bench.lists.empty());
}

TEST_CASE("with orphans: report, what is ours is shown and left alone") {
  Bench bench({});
  bench.config.providers[ProviderName{"videosdk"}].orphans = Orphans::report;
  bench.load({});
  bench.tick();
  Remote orphan = bench.remote("late");
  orphan.tag = SessionId{"lost"};
  bench.show_list("videosdk", {orphan});
  CHECK(bench.waiting().empty());
  CHECK(bench.keeper().view(bench.now).orphans.at(0).condition == OrphanCondition::reported);
}

TEST_CASE(
    "without tags, a start that turns up after it was proven absent is stopped, an older remote is not") {
  Bench bench({always_plan("p", "notte")});
  const Remote older = bench.remote("older");
  bench.advance(minutes{1});
  const Effect start = bench.pop(EffectKind::start);
  bench.answer(start, Error{ErrorKind::maybe_applied, "no answer"});
  while (bench.waiting().find("start") == std::string::npos) {
    bench.advance(Seconds{1});
    if (bench.waiting() == "find") bench.answer(bench.pop(EffectKind::find), std::vector<Remote>{});
  }
  const Effect again = bench.pop(EffectKind::start);
  const Remote late = bench.remote("late");
  bench.advance(Seconds{10});
  // A start is under way, so nothing is judged yet.
  bench.show_list("notte", {older, late});
  CHECK(bench.waiting().empty());
  bench.answer(again, std::vector{bench.remote("mine")});
  bench.advance(Seconds{15});
  bench.show_list("notte", {older, late, bench.remote("mine")});
  CHECK(bench.pop(EffectKind::stop).remote.str() == "late");
  CHECK(bench.waiting().empty());
}

TEST_CASE("with orphans: adopt, a session that a restored ledger lacks is taken back, not started again") {
  Bench before({always_plan("p", "videosdk")});
  before.tick();
  const SessionId first = before.pop(EffectKind::start).session;
  const Plan plan = always_plan("p", "videosdk");
  // Paused, so that the list is in before a start would leave.
  Ledger ledger;
  PlanRow row;
  row.name = plan.name;
  row.pause = Pause{};
  ledger.plans.push_back(row);
  Bench keeper({}, ledger);
  keeper.config.providers[ProviderName{"videosdk"}].orphans = Orphans::adopt;
  keeper.load({plan});
  keeper.tick();
  Remote remote = keeper.remote("here");
  remote.tag = first;
  keeper.show_list("videosdk", {remote});
  CHECK(keeper.moves == std::vector<std::string>{"queued found", "active found"});
  CHECK(keeper.waiting().find("start") == std::string::npos);
  CHECK(keeper.waiting().find("stop") == std::string::npos);
}
