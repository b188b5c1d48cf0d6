// What a list proves: of ids that were used before, of tags that were cut, and of lists that are not whole.
#include "catch.h"
#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

SessionRow ended_session(const Bench& bench, const std::string& remote, const SessionId& id) {
  SessionRow row;
  row.id = id;
  row.plan = PlanName{"p"};
  row.provider = ProviderName{"notte"};
  row.remote_id = RemoteId{remote};
  row.state = State::closed;
  row.progress = Progress::ended;
  row.resolved = true;
  row.created_at = bench.now.wall - hours{5};
  row.ended_at = bench.now.wall - hours{4};
  return row;
}

void show(Bench& bench, const std::string& provider, const std::vector<Remote>& remotes, bool whole) {
  const auto at = std::find_if(bench.lists.begin(), bench.lists.end(),
                               [&](const Effect& one) { return one.provider.str() == provider; });
  REQUIRE(at != bench.lists.end());
  Answer answer = bench.answer_to(*at, remotes);
  bench.lists.erase(at);
  answer.whole = whole;
  bench.take(answer);
}

}  // namespace

TEST_CASE("a stranger's new remote with the id of a session that ended hours ago is not stopped") {
  Bench bench({});
  bench.tick();
  bench.show_list("notte", {bench.remote("again")}, {ended_session(bench, "again", SessionId{"old"})});
  CHECK(bench.waiting().empty());
}

TEST_CASE("a tag that was cut names its session") {
  Bench bench({always_plan("desk", "videosdk")});
  bench.tick();
  const Effect start = bench.pop(EffectKind::start);
  bench.answer(start, Error{ErrorKind::maybe_applied, "no answer"});
  bench.advance(Seconds{2});
  Remote remote = bench.remote("r1");
  remote.tag = SessionId{start.session.str().substr(0, 31)};
  SECTION("for a lost start") {
    bench.answer(bench.pop(EffectKind::find), std::vector{remote});
    CHECK(bench.row().remote_id == RemoteId{"r1"});
  }
  SECTION("in the search for orphans") {
    bench.show_list("videosdk", {remote});
    CHECK(bench.waiting() == "find");
  }
}

TEST_CASE("where a provider's list leaves tags out, what may be a lost start's remote is waited out") {
  Plan plan = always_plan("desk", "videosdk");
  plan.max_duration = minutes{10};
  Bench bench({plan});
  bench.tick();
  Remote untagged = bench.remote("r1");
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::maybe_applied, "no answer"});
  const auto looks = [&] {
    for (const Mono end = bench.now.mono + minutes{3}; bench.now.mono < end; bench.advance(Seconds{1})) {
      if (bench.waiting().find("start") != std::string::npos) return true;
      if (bench.waiting().find("find") == std::string::npos) continue;
      bench.answer(bench.pop(EffectKind::find), std::vector{untagged});
    }
    return false;
  };
  SECTION("it may be ours") { CHECK_FALSE(looks()); }
  SECTION("its list shows tags of ours") {
    Remote tagged = bench.remote("r0", Progress::ended);
    tagged.tag = SessionId{"another"};
    show(bench, "videosdk", {tagged, untagged}, true);
    CHECK(looks());
  }
}

TEST_CASE("what is reported is gone only when a whole list does not show it, and so is what is shown") {
  Bench bench({});
  bench.config.providers[ProviderName{"videosdk"}].orphans = Orphans::report;
  bench.load({});
  bench.tick();
  Remote orphan = bench.remote("late");
  orphan.tag = SessionId{"lost"};
  const auto told = [&] {
    return std::count(bench.notices.begin(), bench.notices.end(), "orphan_found videosdk late");
  };
  show(bench, "videosdk", {orphan}, true);
  REQUIRE(told() == 1);
  bench.advance(minutes{6});
  show(bench, "videosdk", {}, false);
  CHECK(told() == 1);
  CHECK(bench.keeper().view(bench.now).orphans.size() == 1);
  bench.advance(minutes{6});
  show(bench, "videosdk", {}, true);
  CHECK(told() == 2);
  CHECK(bench.keeper().view(bench.now).orphans.empty());
}
