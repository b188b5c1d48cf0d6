// Which remote a lost start may have made: the numbered rules at origin_of() in core/origin.cpp, one test a
// line; and when a start that nobody can look up is sent again.
#include "catch.h"
#include "core/bench.h"
#include "core/provider_time.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

// The start was sent at this moment; then the process ended.
constexpr Wall sent = Bench::monday.wall;
constexpr Mono left = Bench::monday.mono;

// How it is when a new process asks the provider.
struct Then {
  Now now;
  std::optional<Wall> provider_now;
  bool rebooted = false;
  // What a session of ours showed of the provider's times of creation before.
  CreationTimes times = CreationTimes::untested;
  bool listed_before = false;
};

Then after(Millis elapsed) { return {{sent + elapsed, left + elapsed}, sent + elapsed}; }
Then after_reboot(Millis elapsed) { return {{sent + elapsed, Mono{minutes{1}}}, sent + elapsed, true}; }

Plan short_plan() {
  Plan plan = always_plan("watch", "notte");
  plan.idle_timeout = minutes{3};
  return plan;
}

enum class Verdict { taken, another, unclear };

// Judges a remote that a whole list shows: it is taken, or the list proves that the start made none, or
// nothing is proven and the start is waited out.
Verdict judged(const Then& then, std::optional<Wall> created_at) {
  Ledger ledger = Bench({short_plan()}).ledger();
  REQUIRE(ledger.unresolved.front().start_sent_at == sent);
  if (then.rebooted) ledger.unresolved.front().start_sent_mono.reset();
  Bench bench({short_plan()}, ledger, {}, then.now);
  const auto change = [&](const auto& edit) {
    Draft draft(bench.keeper().world(), bench.now);
    edit(draft);
    bench.keeper().install(draft.finish());
  };
  change([&](Draft& draft) { draft.edit_provider(ProviderName{"notte"}).creation_times = then.times; });
  if (then.listed_before) {
    change([&](Draft& draft) {
      draft.edit_sweep({ProviderName{"notte"}, {}}).listed[RemoteId{"r1"}] = left - minutes{1};
    });
  }
  Remote remote = bench.remote("r1");
  remote.created_at = created_at;
  for (const Mono end = bench.now.mono + Seconds{130}; bench.now.mono < end; bench.advance(Seconds{1})) {
    if (bench.waiting().find("start") != std::string::npos) return Verdict::another;
    if (bench.waiting().find("find") == std::string::npos) continue;
    Answer answer = bench.answer_to(bench.pop(EffectKind::find), std::vector{remote});
    answer.provider_now.reset();
    if (then.provider_now) answer.provider_now = *then.provider_now + (bench.now.mono - then.now.mono);
    bench.take(answer);
    if (bench.keeper().world().sessions.begin()->second.row.remote_id) return Verdict::taken;
  }
  return Verdict::unclear;
}

}  // namespace

TEST_CASE("lost start, rule 1: a remote that was listed before the start left is another's") {
  Then then = after(Seconds{20});
  then.listed_before = true;
  CHECK(judged(then, sent + Seconds{1}) == Verdict::another);
  CHECK(judged(then, std::nullopt) == Verdict::another);
}

TEST_CASE("lost start, rule 2: a remote without a time of creation is unclear, and so is one of the future") {
  CHECK(judged(after(Seconds{20}), std::nullopt) == Verdict::unclear);
  CHECK(judged(after(Seconds{20}), sent + hours{1}) == Verdict::unclear);
}

TEST_CASE("lost start, rule 3: a remote that is younger than the start by the boot clock is taken") {
  Then then = after(Seconds{20});
  *then.provider_now += minutes{5};
  CHECK(judged(then, sent + minutes{5} + Seconds{1}) == Verdict::taken);
}

TEST_CASE("lost start, rule 3: seconds by which the provider's clocks differ do not hide it") {
  for (const Seconds behind : {Seconds{4}, Seconds{9}}) {
    CHECK(judged(after(Seconds{20}), sent - behind) == Verdict::taken);
  }
  Then undated = after(Seconds{20});
  undated.provider_now.reset();
  CHECK(judged(undated, sent - Seconds{5}) == Verdict::taken);
}

TEST_CASE("lost start, rule 3: where times of creation are known to be wrong they decide nothing") {
  Then then = after(Seconds{20});
  then.times = CreationTimes::wrong;
  CHECK(judged(then, sent + Seconds{1}) == Verdict::unclear);
  CHECK(judged(then, sent - hours{3}) == Verdict::unclear);
}

TEST_CASE("lost start, rule 4: one that is older than the start is another's, where such times were true") {
  Then then = after(Seconds{20});
  *then.provider_now += minutes{5};
  CHECK(judged(then, sent + minutes{4}) == Verdict::unclear);
  then.times = CreationTimes::right;
  CHECK(judged(then, sent + minutes{4}) == Verdict::another);
}

TEST_CASE("lost start, rule 4: a Date of 1970 or of an hour ago makes no stranger ours, and proves nothing") {
  for (const Wall date : {Wall{Seconds{5}}, sent - hours{1}}) {
    Then then = after(Seconds{20});
    then.times = CreationTimes::right;
    then.provider_now = date;
    CHECK(judged(then, sent - minutes{30}) == Verdict::unclear);
    CHECK(judged(then, sent + Seconds{1}) == Verdict::taken);
  }
}

TEST_CASE(
    "lost start, rule 4: a start that was refused makes no stranger ours that came before the next one") {
  Bench bench({short_plan()});
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::not_applied, "no room"});
  Remote stranger = bench.remote("stranger");
  for (int i = 0; i < 3; ++i) {
    while (bench.waiting().find("start") == std::string::npos) bench.advance(Seconds{1});
    bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::not_applied, "no room"});
  }
  while (bench.waiting().find("start") == std::string::npos) bench.advance(Seconds{1});
  REQUIRE(bench.now.wall - *stranger.created_at > clock_margin);
  Draft draft(bench.keeper().world(), bench.now);
  draft.edit_provider(ProviderName{"notte"}).creation_times = CreationTimes::right;
  bench.keeper().install(draft.finish());
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::maybe_applied, "no answer"});
  while (bench.waiting().find("find") == std::string::npos) bench.advance(Seconds{1});
  bench.answer(bench.pop(EffectKind::find), std::vector{stranger});
  CHECK_FALSE(bench.row().remote_id);
}

TEST_CASE("lost start, rule 5: after a reboot, one that is younger than the start by a wall clock is taken") {
  Then by_age = after_reboot(minutes{1});
  *by_age.provider_now -= minutes{5};
  CHECK(judged(by_age, *by_age.provider_now - Seconds{50}) == Verdict::taken);
  Then by_time = after_reboot(Seconds{30});
  by_time.provider_now = sent + minutes{1};
  CHECK(judged(by_time, sent + Seconds{5}) == Verdict::taken);
}

TEST_CASE("lost start, rule 5: after a reboot, nothing else is proven") {
  const Then then = after_reboot(minutes{1});
  CHECK(judged(then, *then.provider_now - minutes{10}) == Verdict::unclear);
  const Then set_back = after_reboot(-hours{1});
  CHECK(judged(set_back, *set_back.provider_now - Seconds{50}) == Verdict::unclear);
}

namespace {

Error unanswered() { return {ErrorKind::maybe_applied, "no answer"}; }

// How long from now a lost start is sent again, with each look-up answered by `show`.
template <class Show>
std::optional<Millis> looked_up_until_sent(Bench& bench, Millis within, const Show& show) {
  const Mono begin = bench.now.mono;
  while (bench.now.mono < begin + within) {
    bench.advance(Seconds{5});
    if (bench.waiting().find("start") != std::string::npos) return bench.now.mono - begin;
    if (bench.waiting().find("find") == std::string::npos) continue;
    Answer answer = bench.answer_to(bench.pop(EffectKind::find), std::vector<Remote>{});
    show(answer);
    bench.take(answer);
  }
  return std::nullopt;
}

// The same from when it left.
template <class Show>
std::optional<Millis> sent_again(Bench& bench, Millis within, const Show& show) {
  bench.answer(bench.pop(EffectKind::start), unanswered());
  return looked_up_until_sent(bench, within, show);
}

Bench without_list(Plan plan) {
  Bench bench({});
  Traits& traits = bench.config.providers[ProviderName{"notte"}];
  traits.can_find = traits.can_list = false;
  bench.load({std::move(plan)});
  return bench;
}

}  // namespace

TEST_CASE("a list that was not shown to be whole proves no start absent") {
  Bench bench({short_plan()});
  const auto again = sent_again(bench, minutes{10}, [](Answer& answer) { answer.whole = false; });
  REQUIRE(again);
  CHECK(*again >= minutes{3} + Seconds{35});
  CHECK(std::count(bench.notices.begin(), bench.notices.end(), "session_lost watch") == 1);
}

TEST_CASE("a start that left before a restart is waited out from that one, however many follow") {
  const auto in_part = [](Answer& answer) { answer.whole = false; };
  Bench sender({short_plan()});
  const auto restarted = [](const Bench& last, Millis after) {
    return Bench({short_plan()}, last.ledger(), {}, {last.now.wall + after, last.now.mono + after});
  };
  Bench first = restarted(sender, minutes{1});
  CHECK_FALSE(looked_up_until_sent(first, minutes{1}, in_part));
  Bench second = restarted(first, Seconds{30});
  const auto again = looked_up_until_sent(second, minutes{10}, in_part);
  REQUIRE(again);
  // The sender may have sent it in its last moment, which was before the first restart.
  CHECK(second.now.mono - left >= minutes{1} + minutes{3} + Seconds{35});
  CHECK(second.now.mono - left <= minutes{1} + minutes{3} + Seconds{35} + Seconds{30});
}

TEST_CASE("what a later process sends again is waited out from then on") {
  Bench sender({short_plan()});
  const Millis after = minutes{1};
  Bench resender({short_plan()}, sender.ledger(), {}, {sent + after, left + after});
  resender.answer(resender.pop(EffectKind::find), std::vector<Remote>{});
  REQUIRE(resender.row().start_sent_by_mono == left + after);
  REQUIRE(looked_up_until_sent(resender, minutes{5}, [](Answer&) {}));
  CHECK_FALSE(resender.row().start_sent_by_mono);
}

TEST_CASE("a list has 15 s to show what a call made within its time limit") {
  Bench bench({short_plan()});
  const auto again = sent_again(bench, minutes{10}, [](Answer&) {});
  REQUIRE(again);
  CHECK(*again > Seconds{45});
  CHECK(*again <= Seconds{60});
}

TEST_CASE("a list whose lag is not known has longer to show it, within the usual start_timeout") {
  Bench bench({});
  bench.config.providers[ProviderName{"notte"}].list_lag = Seconds{75};
  bench.load({short_plan()});
  const auto again = sent_again(bench, minutes{10}, [](Answer&) {});
  REQUIRE(again);
  CHECK(*again > Seconds{105});
  CHECK(*again <= Seconds{115});
  CHECK_FALSE(bench.row().ending);
}

TEST_CASE("a start that cannot be looked up is waited out to its known end, and said once") {
  Plan plan = always_plan("watch", "notte");
  SECTION("by its maximum") {
    plan.max_duration = hours{4};
    Bench bench = without_list(plan);
    const auto again = sent_again(bench, hours{5}, [](Answer&) {});
    REQUIRE(again);
    CHECK(*again >= hours{4} + Seconds{35});
    CHECK(*again <= hours{4} + minutes{2});
    CHECK(std::count(bench.notices.begin(), bench.notices.end(), "session_lost watch") == 1);
  }
  SECTION("by the earlier of its idle timeout and the provider's maximum") {
    plan.max_duration = hours{4};
    plan.maximum = hours{1};
    plan.idle_timeout = minutes{10};
    Bench bench = without_list(plan);
    const auto again = sent_again(bench, hours{5}, [](Answer&) {});
    REQUIRE(again);
    CHECK(*again >= minutes{10} + Seconds{35});
    CHECK(*again <= minutes{12});
  }
}

TEST_CASE("a plan whose start is waited out is blocked until its end, also after start_timeout") {
  Plan plan = always_plan("watch", "notte");
  plan.max_duration = hours{4};
  Bench bench = without_list(plan);
  bench.answer(bench.pop(EffectKind::start), unanswered());
  for (const Millis wait : {Millis{Seconds{10}}, Millis{minutes{10}}}) {
    bench.advance(wait);
    const PlanStanding standing = bench.keeper().view(bench.now).plans.front().standing;
    CHECK(standing.condition == PlanCondition::blocked);
    CHECK(standing.blocked_until == Bench::monday.wall + hours{4} + Seconds{35});
    CHECK(standing.blocked_reason.find("answer was lost") != std::string::npos);
  }
}

TEST_CASE("a plan that is changed while its start is waited out waits no shorter") {
  Plan plan = always_plan("watch", "notte");
  plan.max_duration = hours{4};
  Bench bench = without_list(plan);
  bench.answer(bench.pop(EffectKind::start), unanswered());
  bench.advance(minutes{1});
  plan.max_duration = minutes{5};
  bench.load({plan});
  bench.advance(hours{3});
  CHECK(bench.waiting().empty());
}

TEST_CASE("a start whose end nobody can tell is not sent again before an operator ends its session") {
  Bench bench = without_list(always_plan("watch", "notte"));
  CHECK_FALSE(sent_again(bench, hours{48}, [](Answer&) {}));
  OperatorAsked stop;
  stop.order = Order::stop_session;
  stop.session = bench.row().id;
  bench.take(stop);
  CHECK(bench.rows.front().resolved);
}

TEST_CASE("where nothing can be looked up, a lost start holds up no start of another plan") {
  Plan plan = always_plan("watch", "notte");
  plan.max_duration = hours{4};
  Bench bench = without_list(plan);
  bench.answer(bench.pop(EffectKind::start), unanswered());
  bench.load({plan, always_plan("other", "notte")});
  bench.tick();
  CHECK(bench.pop(EffectKind::start).plan == PlanName{"other"});
}

TEST_CASE("a lost start whose remote has the id of one that ended long ago is found, not repeated") {
  Bench bench({short_plan()});
  const Remote made = bench.remote("again");
  SessionRow old = bench.row();
  old.id = SessionId{"old"};
  old.state = State::closed;
  old.resolved = true;
  old.remote_id = made.id;
  old.ended_at = bench.now.wall - hours{1};
  bench.answer(bench.pop(EffectKind::start), unanswered());
  bench.advance(Seconds{2});
  Answer answer = bench.answer_to(bench.pop(EffectKind::find), std::vector{made});
  answer.known = {old};
  SECTION("it is found") {
    bench.take(answer);
    CHECK(bench.moves.back() == "active found");
  }
  SECTION("the other session's own remote is not taken") {
    answer.known.front()->ended_at = bench.now.wall - Seconds{1};
    bench.take(answer);
    CHECK_FALSE(bench.row().remote_id);
  }
}

TEST_CASE("a list of which something could not be read proves no start absent") {
  Bench bench({always_plan("watch", "notte")});
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::maybe_applied, "no answer"});
  const auto look = [&](bool whole) {
    while (bench.waiting().empty()) bench.advance(Seconds{1});
    Answer answer = bench.answer_to(bench.pop(EffectKind::find), std::vector<Remote>{});
    answer.whole = whole;
    bench.take(answer);
  };
  for (int n = 0; n < 3; ++n) look(false);
  while (bench.waiting().empty()) bench.advance(Seconds{1});
  CHECK(bench.waiting() == "find");
  int whole_lists = 0;
  for (; bench.waiting() == "find"; ++whole_lists) {
    look(true);
    while (bench.waiting().empty()) bench.advance(Seconds{1});
  }
  CHECK(bench.waiting() == "start");
  CHECK(whole_lists >= 2);
}
