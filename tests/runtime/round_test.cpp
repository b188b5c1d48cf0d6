// A round whose commit was in doubt is taken back and installed again; what happened meanwhile stays.
#include "runtime/round.h"

#include "catch.h"
#include "runtime/loop_world.h"

namespace keeper {
namespace {

// A keeper with one active session and a call of it under way, and a round that changes the session while
// the call is.
struct DoubtWorld {
  DoubtWorld() {
    session = world.activate();
    keeper = std::make_unique<Keeper>(*world.store->load(), now());
    take(ConfigLoaded{one_plan()});
    take(Tick{});
    REQUIRE(call);
    Delivered delivered = world.delivery("r1", Progress::stopping);
    delivered.row.key += "-in-doubt";
    round = Round({Item{std::move(delivered), {}}});
    const Asked asked = round.questions(*keeper, now());
    round.decide(*keeper, asked, world.store->look_up(asked.questions).value(), now(), {});
    REQUIRE(flight());
  }

  Now now() const { return world.clock.now(); }
  const std::optional<Flight>& flight() const { return keeper->world().sessions.at(session).flight; }

  void take(const Event& event) {
    const Decision decision = keeper->decide(event, now());
    keeper->install(decision);
    for (const Effect& effect : decision.effects) {
      if (effect.session == session) call = effect;
    }
  }

  // What changes no row.
  void answer_call() {
    Answer answer;
    answer.kind = call->kind;
    answer.ticket = call->ticket;
    answer.session = session;
    answer.provider = call->provider;
    answer.sent_at = now().mono;
    answer.remotes = std::vector<Remote>{world.active_remote("r1")};
    take(answer);
  }

  LoopWorld world;
  SessionId session;
  std::unique_ptr<Keeper> keeper;
  std::optional<Effect> call;
  Round round;
};

}  // namespace

TEST_CASE("a call that was answered while a commit was in doubt is not under way again once it is on disk") {
  DoubtWorld doubt;
  doubt.round.revert(*doubt.keeper, doubt.now());
  REQUIRE(doubt.flight());
  doubt.answer_call();
  REQUIRE_FALSE(doubt.flight());
  doubt.round.install(*doubt.keeper, doubt.now());
  CHECK_FALSE(doubt.flight());
  CHECK(doubt.keeper->next_wakeup(doubt.now()) <= doubt.now().mono);
}

TEST_CASE("a call that was answered while a commit hung is not under way again once it has failed") {
  DoubtWorld doubt;
  doubt.answer_call();
  REQUIRE_FALSE(doubt.flight());
  doubt.round.revert(*doubt.keeper, doubt.now());
  CHECK_FALSE(doubt.flight());
  CHECK(doubt.keeper->next_wakeup(doubt.now()) <= doubt.now().mono);
}

TEST_CASE("where nothing happened meanwhile, a round is taken back and installed again as it was") {
  DoubtWorld doubt;
  const auto with = doubt.keeper->world().sessions;
  doubt.round.revert(*doubt.keeper, doubt.now());
  CHECK_FALSE(doubt.keeper->world().sessions == with);
  doubt.round.install(*doubt.keeper, doubt.now());
  CHECK(doubt.keeper->world().sessions == with);
}

}  // namespace keeper
