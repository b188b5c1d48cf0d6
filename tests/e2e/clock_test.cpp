// Wrong clocks, clocks that are set, and a suspend, at the real daemon.
#include <csignal>

#include "base/time.h"
#include "catch.h"
#include "e2e/clocks.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// How many of a plan's sessions are in this state; any state: empty.
int sessions_of(Stage& stage, const std::string& plan, const std::string& state = {}) {
  int count = 0;
  for (const Json& session : stage.sessions()) {
    if (session.at("plan") == plan && (state.empty() || session.at("state") == state)) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE(
    "a clock that is a day behind at the start and is then set starts nothing twice and misses nothing") {
  Stage stage("");
  Clocks clocks(stage);
  clocks.set_wall(-hours{24});
  const std::string soon = keeper::to_rfc3339(keeper::wall_now() + seconds{12});
  stage.write_plans(std::string(desk_plan) + watch_plan +
                    "  once:\n    provider: browsers\n    schedule: {at: [\"" + soon +
                    "\"]}\n    session: {idle_timeout: 10m, max_duration: 1h}\n    on_shutdown: stop\n");
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{20}, [&] { return sessions_of(stage, "watch", "active") == 1; }));
  CHECK(stage.status().at("started_at").get<std::string>() <
        keeper::to_rfc3339(keeper::wall_now() - hours{23}));
  sleep_for(seconds{4});
  CHECK(sessions_of(stage, "desk", "active") == 0);  // its provider refuses tokens of yesterday
  CHECK(sessions_of(stage, "once") == 0);

  clocks.set_wall(milliseconds{0});
  CHECK(eventually(seconds{60}, [&] {
    return sessions_of(stage, "watch", "active") == 1 && sessions_of(stage, "desk", "active") == 1 &&
           sessions_of(stage, "once", "active") == 1;
  }));
  CHECK(stage.remotes("/remotes/live").size() == 3);
  CHECK(sessions_of(stage, "watch") == 1);
  CHECK(sessions_of(stage, "once") == 1);

  // Back by an hour: the occurrence lies ahead once more, and has been.
  clocks.set_wall(-hours{1});
  sleep_for(seconds{8});
  clocks.set_wall(milliseconds{0});
  sleep_for(seconds{6});
  CHECK(sessions_of(stage, "once") == 1);
  CHECK(sessions_of(stage, "watch") == 1);
  CHECK(stage.remotes("/remotes/live").size() == 3);
  CHECK(stage.end_daemon() == 0);
  CHECK(stage.remotes("/remotes/live").empty());
}

TEST_CASE("after a suspend of an hour what the provider ended meanwhile is recorded and replaced, once") {
  Stage stage(watch_plan);
  Clocks clocks(stage);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{20}, [&] { return sessions_of(stage, "watch", "active") == 1; }));

  stage.daemon->send(SIGSTOP);
  clocks.set_wall(hours{1});
  clocks.set_boot(hours{1});
  REQUIRE(post_json(stage.control_port, "/advance", {{"seconds", 3600}}));
  CHECK(stage.remotes("/remotes/live").empty());  // it died of its idle timeout
  stage.daemon->send(SIGCONT);

  CHECK(eventually(seconds{30}, [&] {
    return sessions_of(stage, "watch", "active") == 1 && stage.remotes("/remotes/live").size() == 1;
  }));
  CHECK(sessions_of(stage, "watch") == 2);
  CHECK(sessions_of(stage, "watch", "timed_out") == 1);
  CHECK(stage.remotes().size() == 2);
  CHECK(stage.end_daemon() == 0);
  CHECK(stage.remotes("/remotes/live").empty());
}
