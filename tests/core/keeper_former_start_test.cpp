// What a process does that took over from a former one, which may still send a start, or a stop that names a
// place, that it had begun.
#include <set>

#include "catch.h"
#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::minutes;

constexpr Millis bound = minutes{1};
constexpr Millis shown = bound + Seconds{46};  // request_timeout, what a list lags, and a second

// The former process has begun the starts of these plans, and no answer is on disk.
Ledger taken_over(const std::vector<Plan>& plans) {
  Ledger ledger = Bench(plans).ledger();
  ledger.start_bound = Bench::monday.mono + bound;
  return ledger;
}

Plan at_place(const std::string& name) {
  Plan plan = always_plan(name, "sonoran_cms");
  plan.place = "server/1";
  return plan;
}

OperatorAsked stop_of(const Bench& bench) {
  OperatorAsked asked;
  asked.order = Order::stop_session;
  asked.session = bench.rows.back().id;
  return asked;
}

// Answers each look-up with nothing for so long; when the first start left, counted from the beginning.
std::optional<Millis> started_after(Bench& bench, Millis within) {
  while (bench.now.mono < Bench::monday.mono + within) {
    bench.advance(Seconds{1});
    if (bench.waiting().find("start") != std::string::npos) return bench.now.mono - Bench::monday.mono;
    while (bench.waiting().find("find") != std::string::npos)
      bench.answer(bench.pop(EffectKind::find), std::vector<Remote>{});
  }
  return std::nullopt;
}

// The providers that are listed between the last call and this moment.
std::set<std::string> listed_by(Bench& bench, Millis at) {
  bench.lists.clear();
  bench.advance(Bench::monday.mono + at - bench.now.mono);
  std::set<std::string> providers;
  for (const Effect& list : bench.lists) providers.insert(list.provider.str());
  return providers;
}

}  // namespace

TEST_CASE("a start that a former process may still send is not sent again before it was absent after that") {
  for (const char* provider : {"videosdk", "notte"}) {
    const std::vector<Plan> plans{always_plan("watch", provider)};
    Bench bench(plans, taken_over(plans));
    CHECK(bench.waiting() == "find");
    const auto left = started_after(bench, minutes{5});
    REQUIRE(left);
    CHECK(*left >= shown);
    CHECK(*left <= shown + Seconds{1});
    CHECK(bench.rows.back().state == State::queued);
    CHECK_FALSE(bench.rows.back().ending);
  }
}

TEST_CASE("where no former process may send a start, the time counts from the beginning of this one") {
  const std::vector<Plan> plans{always_plan("watch", "videosdk")};
  Bench bench(plans, Bench(plans).ledger());
  const auto left = started_after(bench, minutes{5});
  REQUIRE(left);
  CHECK(*left >= shown - bound);
  CHECK(*left <= shown - bound + Seconds{1});
}

TEST_CASE("a session whose start was not begun starts at once, whatever a former process may still send") {
  Ledger ledger;
  ledger.start_bound = Bench::monday.mono + bound;
  Bench bench({always_plan("watch", "videosdk")}, ledger);
  bench.tick();
  CHECK(bench.waiting() == "start");
}

TEST_CASE("where rows may be lost, a session without a start is looked up before it is started") {
  Ledger ledger;
  ledger.start_bound = Bench::monday.mono + bound;
  ledger.doubt_until = ledger.start_bound + minutes{1};
  Bench bench({always_plan("watch", "videosdk")}, ledger);
  bench.tick();
  REQUIRE(bench.waiting() == "find");

  SECTION("and taken where it is there") {
    Remote lost = bench.remote("r1");
    lost.tag = bench.rows.back().id;
    bench.answer(bench.pop(EffectKind::find), std::vector{lost});
    CHECK(bench.rows.back().state == State::active);
    CHECK(bench.rows.back().remote_id == lost.id);
  }
  SECTION("and started once it is proven not to be") {
    const auto left = started_after(bench, minutes{5});
    REQUIRE(left);
    CHECK(*left >= shown);
    CHECK(*left <= shown + Seconds{1});
    CHECK_FALSE(bench.rows.back().ending);
  }
}

TEST_CASE("where rows may be lost, a remote without a session is left to the plan that may want it") {
  Ledger ledger;
  ledger.doubt_until = Bench::monday.mono + minutes{1};
  Bench bench({}, ledger);
  bench.tick();
  Remote lost = bench.remote("lost");
  lost.tag = SessionId{"without a row"};
  bench.show_list("videosdk", {lost});
  CHECK(bench.waiting().empty());
  bench.advance(Seconds{50});
  bench.show_list("videosdk", {lost});
  CHECK(bench.waiting().empty());
  // Nobody has taken it.
  bench.advance(Seconds{20});
  bench.show_list("videosdk", {lost});
  CHECK(bench.pop(EffectKind::stop).remote == lost.id);
}

TEST_CASE("what begins after rows may be lost, or cannot be told apart, or is at a place, starts at once") {
  Ledger ledger;
  for (const char* provider : {"videosdk", "notte", "sonoran_cms"}) {
    const bool is_late = provider == std::string("videosdk");
    ledger.doubt_until = Bench::monday.mono + (is_late ? Millis{0} : Millis{minutes{1}});
    Plan plan = always_plan("watch", provider);
    if (provider == std::string("sonoran_cms")) plan.place = "server/1";
    Bench bench({plan}, ledger);
    bench.tick();
    CHECK(bench.waiting() == "start");
  }
}

TEST_CASE("what a former process starts late is found and taken") {
  const std::vector<Plan> plans{always_plan("watch", "notte")};
  Bench bench(plans, taken_over(plans));
  bench.advance(bound - Seconds{2});
  const Remote late = bench.remote("r1");
  bench.advance(Seconds{3});
  bench.answer(bench.pop(EffectKind::find), std::vector{late});
  CHECK(bench.rows.back().state == State::active);
  CHECK(bench.rows.back().remote_id == late.id);
}

TEST_CASE("a start's time is longer by the wait for a former process") {
  Plan plan = always_plan("watch", "videosdk");
  plan.start_timeout = minutes{2};
  Bench bench({plan}, taken_over({plan}));
  const auto start_by = bench.keeper().world().sessions.begin()->second.start_by;
  REQUIRE(start_by);
  CHECK(*start_by == Bench::monday.mono + bound + plan.start_timeout);
}

TEST_CASE("who waits for a start that could not be told apart waits for its former process too") {
  Plan first = always_plan("first", "notte");
  Plan second = always_plan("second", "notte");
  second.start_timeout = minutes{1} + Seconds{30};
  Bench bench({first, second}, taken_over({first}));
  bench.tick();
  const View view = bench.keeper().view(bench.now);
  REQUIRE(view.plans.size() == 2);
  for (const PlanView& plan : view.plans) {
    CHECK(plan.standing.condition == PlanCondition::blocked);
    CHECK(plan.standing.blocked_reason ==
          "a start of the former process may still leave until " + to_rfc3339(bench.now.wall + bound));
    CHECK(plan.standing.blocked_until == bench.now.wall + shown);
  }
  for (const SessionView& session : view.sessions) {
    const bool begun = session.row.plan.str() == "first";
    CHECK(session.start_may_leave_until == (begun ? std::optional(bench.now.wall + bound) : std::nullopt));
  }
  REQUIRE(started_after(bench, minutes{5}));
  CHECK(bench.moves == std::vector<std::string>{"queued scheduled"});
  // The first one's answer lets the second one go.
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  CHECK(bench.waiting() == "start");
}

TEST_CASE("a place stays with its session while a stop of a former process may end what is there") {
  Plan plan = at_place("cad");
  Bench former({plan});
  former.answer(former.pop(EffectKind::start), std::vector{former.remote("r1")});
  former.take(stop_of(former));
  REQUIRE(former.waiting() == "stop");
  Ledger ledger = former.ledger();
  ledger.start_bound = Bench::monday.mono + bound;
  Bench bench({plan}, ledger);
  bench.tick();
  bench.answer(bench.pop(EffectKind::stop), std::vector{bench.ended("r1", State::closed)});
  CHECK(bench.rows.back().state == State::closed);
  CHECK_FALSE(bench.rows.back().resolved);
  bench.advance(bound + Seconds{30} - Millis{1});
  CHECK(bench.waiting() == "");
  bench.advance(Millis{1});
  // One that takes over meanwhile finds the place kept as well.
  CHECK(bench.waiting() == "stop");
  bench.answer(bench.pop(EffectKind::stop), std::vector{bench.ended("r1", State::closed)});
  bench.tick();
  CHECK(bench.waiting() == "start");
}

TEST_CASE("a place is free at once where this process alone has asked for the end") {
  Plan plan = at_place("cad");
  Bench former({plan});
  former.answer(former.pop(EffectKind::start), std::vector{former.remote("r1")});
  Ledger ledger = former.ledger();
  ledger.start_bound = Bench::monday.mono + bound;
  Bench bench({plan}, ledger);
  bench.tick();
  bench.answer(bench.pop(EffectKind::observe), std::vector{bench.remote("r1")});
  OperatorAsked stop = stop_of(former);
  bench.take(stop);
  bench.answer(bench.pop(EffectKind::stop), std::vector{bench.ended("r1", State::closed)});
  CHECK(bench.rows.back().resolved);
}

TEST_CASE("every provider is listed at once, and again when what a former process may start is shown") {
  Ledger ledger;
  ledger.start_bound = Bench::monday.mono + bound;
  Bench bench({always_plan("watch", "notte"), at_place("cad")}, ledger);
  const std::set<std::string> all{"notte", "sonoran_cms", "videosdk"};
  CHECK(listed_by(bench, Millis{0}) == all);
  for (const std::string& provider : all) bench.show_list(provider, {});
  CHECK(listed_by(bench, shown - Millis{1}).empty());
  CHECK(listed_by(bench, shown) == all);
}

TEST_CASE("what a former process starts late and its provider shows still later is an orphan") {
  const std::vector<Plan> plans{always_plan("watch", "notte")};
  Bench bench(plans, taken_over(plans));
  bench.tick();
  bench.show_list("notte", {});
  bench.advance(Seconds{10});
  const Remote late = bench.remote("late");
  REQUIRE(started_after(bench, minutes{5}));
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  bench.advance(minutes{1});
  bench.show_list("notte", {bench.remote("r1"), late});
  CHECK(bench.waiting().find("stop") != std::string::npos);
}
