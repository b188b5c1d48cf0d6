// kill -9 at random moments while plans start, roll over and stop. The sandbox runs on; it is the truth.
#include <httplib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

#include "base/time.h"
#include "catch.h"
#include "e2e/programs.h"

using namespace keeper;
using namespace keeper::e2e;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// Rolled over every few seconds, begun and ended every few seconds, and both at once.
const char* const busy_plans = R"(  desk:
    provider: agents
    schedule: {start: "*/7 * * * * *", duration: 4s}
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: stop
    keep_alive: true
  pair:
    provider: agents
    count: 2
    schedule: {always: true}
    max_duration: 8s
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: stop
    keep_alive: true
  watch:
    provider: browsers
    schedule: {always: true}
    max_duration: 9s
    session: {idle_timeout: 1m, max_duration: 10m}
    on_shutdown: stop
    keep_alive: true
  patrol:
    provider: community
    schedule: {start: "*/9 * * * * *", duration: 6s}
    session: {server_id: 1, account_id: 00000000-0000-0000-0000-000000000000}
    on_shutdown: stop
)";

std::string bare(const std::string& id) { return id.rfind("session-", 0) == 0 ? id.substr(8) : id; }

struct Life {
  std::string remote;
  Json session;
  Wall begin{}, end{};
};

Wall time_of(const Json& text, Wall otherwise) {
  return text.is_null() ? otherwise : parse_time(text.get<std::string>()).value();
}

std::map<std::string, Json> sessions_by_remote(Stage& stage) {
  std::map<std::string, Json> by_remote;
  for (const Json& session : stage.sessions()) {
    if (!session.at("remote_id").is_null()) by_remote[session.at("remote_id")] = session;
  }
  return by_remote;
}

// Each remote that ever was, with the session that it belongs to. A remote without one is an orphan; one that
// was made this moment has its session as soon as the answer is there.
std::vector<Life> lives(Stage& stage) {
  const Json remotes = stage.remotes();
  std::map<std::string, Json> by_remote;
  eventually(seconds{8}, [&] {
    by_remote = sessions_by_remote(stage);
    return std::all_of(remotes.begin(), remotes.end(),
                       [&](const Json& remote) { return by_remote.contains(bare(remote.at("id"))); });
  });
  std::vector<Life> all;
  for (const Json& remote : remotes) {
    const std::string id = bare(remote.at("id"));
    INFO("remote " << remote.dump());
    CHECK(by_remote.count(id) == 1);
    if (by_remote.count(id) == 0) continue;
    all.push_back({id, by_remote[id], time_of(remote.at("created_at"), {}),
                   time_of(remote.at("ended_at"), Wall::max())});
  }
  return all;
}

bool linked(const Json& a, const Json& b) {
  return a.at("successor") == b.at("id") || b.at("successor") == a.at("id") ||
         a.at("predecessor") == b.at("id") || b.at("predecessor") == a.at("id");
}

void check_no_double(const std::vector<Life>& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      const Life& a = all[i];
      const Life& b = all[k];
      if (a.session.at("plan") != b.session.at("plan") || a.session.at("replica") != b.session.at("replica"))
        continue;
      if (a.session.at("occurrence") != b.session.at("occurrence")) continue;
      const bool together = a.begin < b.end && b.begin < a.end;
      INFO(a.session.dump() << "\n" << b.session.dump());
      CHECK((!together || linked(a.session, b.session)));
    }
  }
}

void check_deliveries(Stage& stage) {
  std::map<std::string, int> stored;
  std::string cursor;
  while (true) {
    const auto page = get_json(stage.status_port, "/api/v1/deliveries?limit=1000" + cursor);
    REQUIRE(page);
    for (const Json& one : page->at("deliveries")) {
      ++stored[one.at("type").get<std::string>() + "|" + one.at("remote_id").get<std::string>()];
    }
    if (page->at("next").is_null()) break;
    cursor = "&before=" + page->at("next").get<std::string>();
  }
  const auto sent = get_json(stage.control_port, "/webhooks");
  REQUIRE(sent);
  int acknowledged = 0;
  for (const Json& one : sent->at("deliveries")) {
    if (one.at("status") != 200) continue;
    ++acknowledged;
    INFO("delivery " << one.dump());
    CHECK(stored[one.at("type").get<std::string>() + "|" + bare(one.at("remote_id"))] == 1);
  }
  CHECK(acknowledged > 0);
}

// Answers lost before and after their effect, refusals, slowness: at every call of every provider.
void break_calls(Stage& stage) {
  for (const Json& rule : {Json{{"probability", 0.08}, {"reset_after_effect", 1.0}, {"seed", 1}},
                           Json{{"probability", 0.05}, {"reset_before_effect", 1.0}, {"seed", 2}},
                           Json{{"probability", 0.05}, {"status", 503}, {"seed", 3}},
                           Json{{"probability", 0.03}, {"status", 429}, {"retry_after", "1"}, {"seed", 4}},
                           Json{{"probability", 0.1}, {"latency_ms", 400}, {"seed", 5}}}) {
    REQUIRE(post_json(stage.control_port, "/faults", rule));
  }
}

void mend_calls(Stage& stage) {
  httplib::Client client("127.0.0.1", stage.control_port);
  REQUIRE(client.Delete("/faults"));
}

// A session that is kept alive ends only as it was asked to.
void check_no_lapse(Stage& stage) {
  for (const Json& session : stage.sessions()) {
    const std::string reason = session.at("reason");
    INFO(session.dump());
    CHECK(reason != "idle_timeout");
    CHECK(reason != "lost");
    CHECK(reason != "provider_failed");
  }
}

}  // namespace

TEST_CASE(
    "kill -9 at any moment, with calls that go wrong: no double, no orphan, no lapse, no delivery lost") {
  const bool is_long = std::getenv("KEEPER_LONG_TESTS") != nullptr;
  const int kills = is_long ? 1000 : 12;
  std::mt19937 random(20261121);
  Stage stage(busy_plans);
  break_calls(stage);
  for (int i = 0; i < kills; ++i) {
    stage.start_daemon();
    sleep_for(milliseconds{300 + static_cast<int>(random() % 2500)});
    INFO(read_file(stage.directory / "daemon.log"));
    REQUIRE(stage.daemon->running());
    stage.kill_daemon();
  }
  stage.start_daemon();
  REQUIRE(stage.ready());
  mend_calls(stage);
  // Long enough for what was half started to be found or proven absent.
  sleep_for(seconds{12});
  const std::vector<Life> all = lives(stage);
  check_no_double(all);
  check_deliveries(stage);
  check_no_lapse(stage);
  CHECK(all.size() >= 5);
  std::printf("%d kills, %zu remotes, %zu of them alive before the end\n", kills, all.size(),
              static_cast<std::size_t>(std::count_if(
                  all.begin(), all.end(), [](const Life& life) { return life.end == Wall::max(); })));
  // A start that was lost before its effect is looked for until a list would show it.
  CHECK(stage.end_daemon(seconds{100}) == 0);
  CHECK(stage.remotes("/remotes/live").empty());
}
