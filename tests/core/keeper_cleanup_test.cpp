// Cleanup: what a session leaves that has ended and would still be billed.
#include "catch.h"
#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;
using std::chrono::minutes;

namespace {

Bench billing_bench(const Plan& plan, Ledger ledger = {}, Now begin = Bench::monday) {
  Bench bench({}, std::move(ledger), {}, begin);
  bench.config.providers[videosdk].has_cleanup = true;
  bench.load({plan});
  return bench;
}

// Starts one, and lets the provider end it.
Effect cleanup_of_ended(Bench& bench) {
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  bench.advance(minutes{2});
  bench.answer(bench.pop(EffectKind::observe), std::vector{bench.ended("r1", State::closed)});
  return bench.pop(EffectKind::cleanup);
}

const SessionRow& row_for(const Bench& bench, const Effect& effect) {
  return *std::find_if(bench.rows.begin(), bench.rows.end(),
                       [&](const SessionRow& one) { return one.id == effect.session; });
}

}  // namespace

TEST_CASE("what has ended is cleaned up before its session is resolved, and holds up no start") {
  Bench bench = billing_bench(always_plan("desk", "videosdk"));
  const Effect effect = cleanup_of_ended(bench);
  CHECK(effect.remote.str() == "r1");
  CHECK_FALSE(row_for(bench, effect).resolved);
  bench.advance(minutes{1});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r2")});
  CHECK(bench.moves.back() == "active start_confirmed");
  SECTION("by an answer that is good") { bench.answer(effect, std::vector<Remote>{}); }
  SECTION("by a 404") { bench.answer(effect, Error{ErrorKind::gone, "404"}); }
  CHECK(row_for(bench, effect).resolved);
  CHECK(bench.moves.back() == "active start_confirmed");
}

TEST_CASE("a cleanup that fails is asked for again, every five minutes at least") {
  Bench bench = billing_bench(always_plan("desk", "videosdk"));
  Effect effect = cleanup_of_ended(bench);
  const std::vector<Error> errors{{ErrorKind::malformed, "409 busy"},
                                  {ErrorKind::exhausted, "429", std::chrono::hours{1}},
                                  {ErrorKind::denied, "403"},
                                  {ErrorKind::maybe_applied, "502"}};
  for (int n = 0; n < 12; ++n) {
    const Error& error = errors[static_cast<std::size_t>(n) % errors.size()];
    bench.answer(effect, error);
    CHECK(row_for(bench, effect).last_error == error.what);
    const Mono failed = bench.now.mono;
    while (bench.waiting().find("cleanup") == std::string::npos && bench.now.mono < failed + minutes{20})
      bench.advance(Seconds{1});
    CHECK(bench.now.mono >= failed + Seconds{1});
    CHECK(bench.now.mono <= failed + minutes{5} + Seconds{1});
    effect = bench.pop(EffectKind::cleanup);
  }
  CHECK_FALSE(row_for(bench, effect).resolved);
}

TEST_CASE("a cleanup that was under way when the process ended is made by the next one") {
  Bench bench = billing_bench(always_plan("desk", "videosdk"));
  const Effect effect = cleanup_of_ended(bench);
  Bench next = billing_bench(always_plan("desk", "videosdk"), bench.ledger(), bench.now);
  SECTION("and had no effect") {
    next.answer(next.pop(EffectKind::observe), std::vector{next.ended("r1", State::closed)});
  }
  SECTION("and was carried out") {
    next.answer(next.pop(EffectKind::observe), Error{ErrorKind::gone, "404"});
    next.advance(Seconds{5});
    next.answer(next.pop(EffectKind::observe), Error{ErrorKind::gone, "404"});
  }
  const Effect again = next.pop(EffectKind::cleanup);
  CHECK(again.session == effect.session);
  next.answer(again, Error{ErrorKind::gone, "404"});
  CHECK(row_for(next, again).resolved);
  CHECK(row_for(next, again).state == State::closed);
}

TEST_CASE("what was stopped, and what no session stood for, is cleaned up as well") {
  Bench bench = billing_bench(always_plan("desk", "videosdk"));
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  Remote orphan = bench.remote("lost");
  bench.advance(Seconds{1});
  orphan.tag = SessionId{"0123456789abcdef0123456789abcdef"};
  bench.show_list("videosdk", {bench.remote("r1"), orphan});
  bench.answer(bench.pop(EffectKind::stop), std::vector{bench.ended("lost", State::closed)});
  CHECK(bench.pop(EffectKind::cleanup).remote.str() == "lost");
  bench.load({});
  bench.answer(bench.pop(EffectKind::stop), std::vector{bench.ended("r1", State::closed)});
  CHECK(bench.pop(EffectKind::cleanup).remote.str() == "r1");
}

TEST_CASE("a lost start whose session ended before it was found is cleaned up") {
  Bench bench = billing_bench(always_plan("desk", "videosdk"));
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::maybe_applied, "reset"});
  bench.advance(Seconds{2});
  const Effect find = bench.pop(EffectKind::find);
  Remote over = bench.ended("r1", State::closed);
  over.tag = find.session;
  bench.answer(find, std::vector{over});
  const Effect effect = bench.pop(EffectKind::cleanup);
  CHECK(effect.remote.str() == "r1");
  CHECK(effect.session == find.session);
  CHECK(row_for(bench, effect).state == State::closed);
}

TEST_CASE(
    "what ended before any session stood for it is cleaned up once, and only where that can be asked for") {
  const bool has_cleanup = GENERATE(true, false);
  Bench bench = billing_bench(always_plan("desk", "videosdk"));
  bench.config.providers[videosdk].has_cleanup = has_cleanup;
  bench.load({always_plan("desk", "videosdk")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  bench.advance(Seconds{1});
  Remote lost = bench.ended("lost", State::closed);
  lost.tag = SessionId{"0123456789abcdef0123456789abcdef"};
  bench.show_list("videosdk", {bench.remote("r1"), lost, bench.ended("a stranger's", State::closed)});
  if (!has_cleanup) {
    CHECK(bench.waiting().empty());
    return;
  }
  const Effect stop = bench.pop(EffectKind::stop);
  CHECK(bench.waiting().empty());
  bench.answer(stop, std::vector{lost});
  const Effect effect = bench.pop(EffectKind::cleanup);
  CHECK(effect.remote.str() == "lost");
  bench.answer(effect, std::vector<Remote>{});
  CHECK(row_for(bench, effect).resolved);
  // The list goes on showing it for a while.
  bench.advance(minutes{6});
  bench.sent.clear();
  bench.show_list("videosdk", {bench.remote("r1"), lost}, {std::nullopt, row_for(bench, effect)});
  CHECK(bench.waiting().empty());
}

TEST_CASE("where the cleanup is taken out of the configuration, nothing waits for it any more") {
  Bench bench = billing_bench(always_plan("desk", "videosdk"));
  const Effect effect = cleanup_of_ended(bench);
  bench.answer(effect, Error{ErrorKind::malformed, "400"});
  bench.config.providers[videosdk].has_cleanup = false;
  bench.load({always_plan("desk", "videosdk")});
  bench.advance(minutes{6});
  CHECK(row_for(bench, effect).resolved);
}

TEST_CASE("what shows up alive while it is cleaned up is stopped first") {
  Bench bench = billing_bench(always_plan("desk", "videosdk"));
  const Effect effect = cleanup_of_ended(bench);
  Answer failed = bench.answer_to(effect, Error{ErrorKind::malformed, "409 it runs"});
  failed.kept = std::make_shared<const Answer>(bench.answer_to(effect, std::vector{bench.remote("r1")}));
  bench.take(failed);
  bench.answer(bench.pop(EffectKind::stop), std::vector{bench.ended("r1", State::closed)});
  bench.answer(bench.pop(EffectKind::cleanup), std::vector<Remote>{});
  CHECK(row_for(bench, effect).resolved);
}
