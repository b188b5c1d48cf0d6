// When a remote that its provider does not know counts as gone.
#include "catch.h"
#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;
using std::chrono::minutes;

namespace {

// Answers "404" to each read; how long after the first one the session ends.
Millis gone_after(Bench& bench) {
  const Mono begin = bench.now.mono;
  while (bench.moves.back() != "error lost" && bench.now.mono < begin + minutes{2}) {
    bench.answer(bench.pop(EffectKind::observe), Error{ErrorKind::gone, "404"});
    if (bench.moves.back() != "error lost") bench.advance(Seconds{5});
  }
  return bench.now.mono - begin;
}

}  // namespace

TEST_CASE("a session that its provider does not know is gone after 15 s, in its first minute after 30 s") {
  Bench young({always_plan("desk", "videosdk")});
  young.answer(young.pop(EffectKind::start), std::vector{young.remote("r1", Progress::asked)});
  young.advance(Seconds{12});
  const Millis soon = gone_after(young);
  CHECK(soon >= Seconds{30});
  CHECK(soon <= Seconds{35});
  Bench old({always_plan("desk", "videosdk")});
  old.answer(old.pop(EffectKind::start), std::vector{old.remote("r1")});
  old.advance(minutes{1});
  old.answer(old.pop(EffectKind::observe), std::vector{old.remote("r1")});
  old.advance(minutes{1});
  const Millis later = gone_after(old);
  CHECK(later >= Seconds{15});
  CHECK(later <= Seconds{20});
}

TEST_CASE("a session that its provider does not know for some seconds lives on") {
  Bench bench({always_plan("desk", "videosdk")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  bench.advance(minutes{1});
  for (int n = 0; n < 3; ++n) {
    bench.answer(bench.pop(EffectKind::observe), Error{ErrorKind::gone, "404"});
    bench.advance(Seconds{5});
  }
  bench.answer(bench.pop(EffectKind::observe), std::vector{bench.remote("r1")});
  bench.advance(minutes{1});
  bench.answer(bench.pop(EffectKind::observe), Error{ErrorKind::gone, "404"});
  CHECK(bench.moves == std::vector<std::string>{"queued scheduled", "active start_confirmed"});
}

TEST_CASE("a stop that is answered 404 is proof only after 15 s, so that no remote is left running") {
  Bench bench({always_plan("desk", "videosdk")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  bench.advance(minutes{1});
  bench.answer(bench.pop(EffectKind::observe), std::vector{bench.remote("r1")});
  bench.load({});
  const Mono begin = bench.now.mono;
  while (bench.moves.back() != "closed stopped_by_plan" && bench.now.mono < begin + minutes{2}) {
    bench.answer(bench.pop(EffectKind::stop), Error{ErrorKind::gone, "404"});
    bench.advance(Seconds{5});
  }
  CHECK(bench.now.mono - begin >= Seconds{15});
  CHECK(bench.now.mono - begin <= Seconds{25});
}

TEST_CASE("a heartbeat that counts in between lets a session live that reads do not know") {
  Plan plan = always_plan("watch", "notte");
  plan.idle_timeout = minutes{1};
  plan.keep_alive.heartbeat = true;
  Bench bench({plan});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  const Mono begin = bench.now.mono;
  int beats = 0;
  while (bench.now.mono < begin + minutes{5}) {
    bench.advance(Seconds{1});
    if (bench.waiting().find("keep_alive") != std::string::npos) {
      bench.answer(bench.pop(EffectKind::keep_alive), std::vector{bench.remote("r1")});
      ++beats;
    } else if (bench.waiting().find("observe") != std::string::npos) {
      bench.answer(bench.pop(EffectKind::observe), Error{ErrorKind::gone, "404"});
    }
  }
  CHECK(beats >= 14);
  CHECK(bench.moves == std::vector<std::string>{"queued scheduled", "active start_confirmed"});
}
