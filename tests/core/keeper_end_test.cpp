// What an end is called that nobody asked for: by the provider's word, and where that says less than the
// keeper knows, by the deadline that passed.
#include "catch.h"
#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::minutes;

Plan limited_plan(std::optional<Millis> idle, std::optional<Millis> maximum) {
  Plan plan = always_plan("watch", "notte");
  plan.idle_timeout = idle;
  plan.maximum = maximum;
  plan.keep_alive.restart = Restart::never;
  return plan;
}

// How a session ends that was begun 20 minutes before its end is read.
std::string end_of(const Plan& plan, const Remote& end, Millis lived = minutes{20}) {
  Bench bench({plan});
  Remote born = bench.remote("r1");
  bench.answer(bench.pop(EffectKind::start), std::vector{born});
  const Mono until = bench.now.mono + lived;
  bench.config.providers.at(ProviderName{"notte"}).poll_interval = std::chrono::hours{1};
  while (bench.now.mono < until) {
    bench.advance(Seconds{5});
    while (!bench.sent.empty() && bench.now.mono < until) {
      born.last_activity_at.reset();
      bench.answer(bench.pop(EffectKind::observe), std::vector{born});
    }
  }
  while (bench.sent.empty()) bench.advance(Seconds{1});
  bench.answer(bench.pop(EffectKind::observe), std::vector{end});
  return bench.moves.back();
}

Remote end_by_word(State state, std::optional<Reason> reason, std::optional<Millis> after = std::nullopt) {
  Remote end;
  end.id = RemoteId{"r1"};
  end.progress = Progress::ended;
  end.state = state;
  end.reason = reason;
  if (after) end.ended_at = Bench::monday.wall + *after;
  return end;
}

}  // namespace

TEST_CASE("a timeout of which the provider says no more is called by the limit that is known") {
  const Remote late = end_by_word(State::timed_out, std::nullopt);
  CHECK(end_of(limited_plan({}, minutes{20}), late) == "timed_out max_duration");
  CHECK(end_of(limited_plan(minutes{20}, {}), late) == "timed_out idle_timeout");
  CHECK(end_of(limited_plan(minutes{20}, minutes{60}), late) == "timed_out idle_timeout");
  CHECK(end_of(limited_plan(minutes{60}, minutes{20}), late) == "timed_out max_duration");
  // Before any limit has passed by the keeper's own reckoning.
  CHECK(end_of(limited_plan({}, minutes{60}), late) == "timed_out max_duration");
  CHECK(end_of(limited_plan(minutes{90}, minutes{60}), late) == "timed_out max_duration");
}

TEST_CASE(
    "an end at a deadline that the keeper had computed is that timeout, whatever the provider calls it") {
  const Plan plan = limited_plan({}, minutes{20});
  const auto elsewhere = [](Millis after) {
    return end_by_word(State::closed, Reason::ended_elsewhere, after);
  };
  CHECK(end_of(plan, elsewhere(minutes{20})) == "timed_out max_duration");
  CHECK(end_of(plan, end_by_word(State::closed, Reason::ended_elsewhere)) == "timed_out max_duration");
  CHECK(end_of(plan, end_by_word(State::closed, std::nullopt)) == "timed_out max_duration");
  CHECK(end_of(limited_plan(minutes{20}, {}), elsewhere(minutes{20})) == "timed_out idle_timeout");
  // Somebody ended it before, which was read later.
  CHECK(end_of(plan, elsewhere(minutes{19})) == "closed ended_elsewhere");
  CHECK(end_of(plan, elsewhere(minutes{5}), minutes{5}) == "closed ended_elsewhere");
  // A failure is one whenever it happens.
  CHECK(end_of(plan, end_by_word(State::error, Reason::provider_failed)) == "error provider_failed");
}

TEST_CASE("a session that is unknown once its deadline has passed is not lost") {
  const auto unknown_after = [](Millis lived) {
    Bench bench({limited_plan({}, minutes{20})});
    const Remote born = bench.remote("r1");
    bench.answer(bench.pop(EffectKind::start), std::vector{born});
    const Mono from = bench.now.mono + lived;
    while (bench.moves.size() < 3) {
      bench.advance(Seconds{1});
      if (bench.sent.empty()) continue;
      const Effect read = bench.pop(EffectKind::observe);
      if (bench.now.mono < from) {
        bench.answer(read, std::vector{born});
      } else {
        bench.answer(read, Error{ErrorKind::gone, "404"});
      }
    }
    return bench.moves.back();
  };
  CHECK(unknown_after(minutes{20}) == "timed_out max_duration");
  CHECK(unknown_after(minutes{5}) == "error lost");
}

TEST_CASE(
    "what a 404 says of a session is what the provider's facts say, and whether a deadline had passed") {
  const auto said = [](State state, std::optional<Reason> reason, bool by_deadline, Millis lived) {
    Bench bench({});
    Traits& traits = bench.config.providers[ProviderName{"notte"}];
    traits.gone_state = state;
    traits.gone_reason = reason;
    traits.gone_by_deadline = by_deadline;
    bench.load({limited_plan({}, minutes{20})});
    const Remote born = bench.remote("r1");
    bench.answer(bench.pop(EffectKind::start), std::vector{born});
    const Mono from = bench.now.mono + lived;
    while (bench.moves.size() < 3) {
      bench.advance(Seconds{1});
      if (bench.sent.empty()) continue;
      const Effect read = bench.pop(EffectKind::observe);
      bench.answer(read, bench.now.mono < from ? Result<std::vector<Remote>>(std::vector{born})
                                               : Error{ErrorKind::gone, "404"});
    }
    return bench.moves.back();
  };
  const auto ended = Reason::ended_by_provider;
  CHECK(said(State::closed, ended, false, minutes{5}) == "closed ended_by_provider");
  CHECK(said(State::closed, ended, false, minutes{20}) == "closed ended_by_provider");
  CHECK(said(State::closed, ended, true, minutes{5}) == "closed ended_by_provider");
  CHECK(said(State::closed, ended, true, minutes{20}) == "timed_out max_duration");
  CHECK(said(State::timed_out, {}, true, minutes{5}) == "timed_out max_duration");
}

TEST_CASE("a job that timed out as its plan wants it is not started again on failure") {
  const auto starts = [](bool planned) {
    Plan plan = limited_plan({}, minutes{20});
    Schedule::Spec spec;
    spec.every = std::chrono::hours{24};
    spec.phase = Seconds{30};
    spec.plan = plan.name;
    plan.schedule = Schedule::make(spec).value();
    plan.keep_alive.restart = Restart::on_failure;
    plan.keep_alive.rollover = planned ? Rollover::off : Rollover::make_before_break;
    plan.catch_up = minutes{10};
    Bench bench({plan});
    while (bench.sent.empty()) bench.advance(minutes{1});
    const Remote born = bench.remote("r1");
    bench.answer(bench.pop(EffectKind::start), std::vector{born});
    while (bench.moves.size() < 3) {
      bench.advance(Seconds{1});
      if (!bench.sent.empty())
        bench.answer(bench.pop(EffectKind::observe), std::vector{bench.ended("r1", State::timed_out)});
    }
    bench.advance(minutes{10});
    return std::count(bench.moves.begin(), bench.moves.end(), "queued restarted");
  };
  CHECK(starts(true) == 0);
  CHECK(starts(false) == 1);
}

TEST_CASE("the time at which a session expires is its maximum, and a heartbeat may move it") {
  Plan plan = limited_plan(minutes{3}, {});
  plan.keep_alive.heartbeat = true;
  plan.keep_alive.rollover = Rollover::make_before_break;
  Bench bench({plan});
  const auto expiring = [&](Millis left) {
    Remote remote = bench.remote("r1");
    remote.created_at.reset();
    remote.expires_at = bench.now.wall + left;
    return remote;
  };
  bench.answer(bench.pop(EffectKind::start), std::vector{expiring(minutes{40})});
  const auto session = [&]() -> const Tracked& { return bench.keeper().world().sessions.begin()->second; };
  const Mono end = bench.now.mono + minutes{40} - Seconds{1};
  CHECK(*session().hard_at == end);
  const Mono rollover = *session().rollover_at;
  CHECK(rollover <= end - minutes{4});
  CHECK(rollover >= end - minutes{5});
  // Reads of the same end, closer to it, leave the rollover where it was.
  while (bench.now.mono < rollover - minutes{1}) {
    bench.advance(Seconds{1});
    while (!bench.sent.empty()) {
      const Effect effect = bench.pop(bench.sent.front().kind);
      bench.answer(effect, std::vector{expiring(end + Seconds{1} - bench.now.mono)});
    }
  }
  CHECK(*session().rollover_at == rollover);
  // A session whose end goes on moving is not replaced for its age.
  for (int n = 0; n < 60; ++n) {
    bench.advance(minutes{1});
    while (!bench.sent.empty()) {
      const Effect effect = bench.pop(bench.sent.front().kind);
      REQUIRE(effect.kind != EffectKind::start);
      bench.answer(effect, std::vector{expiring(minutes{4})});
    }
  }
  CHECK(bench.keeper().world().sessions.size() == 1);
}
