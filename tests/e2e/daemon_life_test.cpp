#include <httplib.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

const std::string three_plans = std::string(desk_plan) + R"(  watch:
    provider: browsers
    schedule: {always: true}
    session: {idle_timeout: 1m, max_duration: 10m}
    on_shutdown: stop
    keep_alive: {heartbeat: 2s}
  patrol:
    provider: community
    schedule: {always: true}
    session: {server_id: 1, account_id: 00000000-0000-0000-0000-000000000000}
    on_shutdown: stop
    keep_alive: true
)";

std::string live_remote(Stage& stage, const std::string& provider) {
  for (const Json& remote : stage.remotes("/remotes/live")) {
    if (remote.at("provider") == provider) return remote.at("id");
  }
  return {};
}

}  // namespace

TEST_CASE("three plans at three providers become active, and a graceful end leaves nothing running") {
  Stage stage(three_plans);
  stage.start_daemon();
  REQUIRE(stage.ready());
  CHECK(eventually(seconds{30}, [&] { return stage.active() == 3; }));
  CHECK(stage.remotes("/remotes/live").size() == 3);
  std::string output;
  CHECK(stage.run_cli({"status"}, &output) == 0);
  CHECK(output.find("watch") != std::string::npos);
  CHECK(stage.run_cli({"sessions"}, &output) == 0);
  CHECK(stage.run_cli({"history"}, &output) == 0);
  CHECK(output.find("start_confirmed") != std::string::npos);
  CHECK(stage.end_daemon() == 0);
  CHECK(stage.remotes("/remotes/live").empty());
  CHECK(stage.run_cli({"status"}, &output) == 3);
}

TEST_CASE("heartbeats carry a session over its idle timeout several times") {
  Stage stage(three_plans);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{30}, [&] { return stage.active() == 3; }));
  const std::string remote = live_remote(stage, "notte");
  for (int i = 0; i < 4; ++i) {
    post_json(stage.control_port, "/advance", {{"seconds", 45}});
    sleep_for(seconds{5});
  }
  CHECK(live_remote(stage, "notte") == remote);
}

TEST_CASE("what somebody else ends is recorded with its reason and replaced") {
  Stage stage(three_plans);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{30}, [&] { return stage.active() == 3; }));
  for (const char* provider : {"videosdk", "notte", "sonoran_cms"}) {
    const std::string remote = live_remote(stage, provider);
    post_json(stage.control_port, "/remotes/" + remote + "/end", {{"as", "closed"}});
    INFO(provider << "\n" << read_file(stage.directory / "daemon.log"));
    CHECK(eventually(seconds{40}, [&] {
      const std::string next = live_remote(stage, provider);
      return !next.empty() && next != remote;
    }));
    const Json sessions = stage.sessions();
    const auto ended = std::find_if(sessions.begin(), sessions.end(), [&](const Json& one) {
      return remote.find(one.value("remote_id", Json{}).is_null()
                             ? "?"
                             : one.at("remote_id").get<std::string>()) != std::string::npos;
    });
    REQUIRE(ended != sessions.end());
    CHECK(ended->at("state") == "closed");
  }
}

TEST_CASE("a reload takes effect as a whole or not at all") {
  Stage stage(three_plans);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{30}, [&] { return stage.active() == 3; }));
  stage.write_plans(std::string(three_plans) + "  broken: {provider: nobody}\n");
  stage.daemon->send(SIGHUP);
  CHECK(eventually(seconds{10},
                   [&] { return !stage.status().at("config").at("last_reload_error").is_null(); }));
  CHECK(stage.active() == 3);
  const std::string all = three_plans;
  stage.write_plans(all.substr(0, all.find("  patrol:")));
  stage.daemon->send(SIGHUP);
  CHECK(eventually(seconds{20}, [&] { return stage.remotes("/remotes/live").size() == 2; }));
  CHECK(stage.status().at("config").at("last_reload_error").is_null());
}

TEST_CASE("a second daemon on the same store is refused and says who uses it") {
  Stage stage(three_plans);
  stage.start_daemon();
  REQUIRE(stage.ready());
  std::string output;
  CHECK(stage.run_cli({"run", "--config", (stage.directory / "keeper.yaml").string()}, &output) == 1);
  CHECK(output.find("is used by process") != std::string::npos);
}

TEST_CASE("webhooks whose path needs a token come in, and the token can be changed while sessions live") {
  Stage stage("");
  const auto tokens = stage.directory / "tokens";
  std::ofstream(tokens) << "first-token-0123456789\n";
  stage.webhook_lines = "  tokens_file: " + tokens.string() + "\n";
  stage.write_plans(std::string(three_plans).substr(0, std::string(three_plans).find("  watch:")));
  stage.start_daemon();
  REQUIRE(stage.ready());
  const auto recorded = [&] { return stage.status().value("/webhook/recorded_total"_json_pointer, 0); };
  CHECK(eventually(seconds{15}, [&] { return recorded() >= 2; }));
  const auto answer_at = [&](const std::string& path) {
    httplib::Client client("127.0.0.1", stage.webhook_port);
    const auto answer = client.Post(path.c_str(), "{}", "application/json");
    return answer ? answer->status : 0;
  };
  CHECK(answer_at("/hooks/agents") == 404);
  CHECK(answer_at("/hooks/agents/second-token-0123456789") == 404);
  CHECK(answer_at("/hooks/agents/first-token-0123456789") == 401);
  // Both are good for as long as both are in the file.
  std::ofstream(tokens) << "second-token-0123456789\nfirst-token-0123456789\n";
  std::string output;
  CHECK(stage.run_cli({"reload"}, &output) == 0);
  CHECK(answer_at("/hooks/agents/second-token-0123456789") == 401);
  CHECK(answer_at("/hooks/agents/first-token-0123456789") == 401);
  // What only a restart can change is refused, not passed over.
  stage.webhook_lines += "  trusted_proxies: [192.0.2.1]\n";
  stage.write_plans(std::string(three_plans).substr(0, std::string(three_plans).find("  watch:")));
  CHECK(stage.run_cli({"reload"}, &output) == 1);
  CHECK(output.find("webhook.trusted_proxies changed; restart") != std::string::npos);
  const int before = recorded();
  post_json(stage.control_port, "/remotes/" + live_remote(stage, "videosdk") + "/end", {{"as", "closed"}});
  CHECK(eventually(seconds{15}, [&] { return recorded() > before; }));
  CHECK(read_file(stage.directory / "daemon.log").find("token-0123456789") == std::string::npos);
  CHECK(stage.run_cli({"deliveries", "--replay", "1", "--dry-run"}, &output) == 0);
  CHECK(output.find("would be late: the session is closed") != std::string::npos);
  CHECK(stage.run_cli({"deliveries", "--replay", "1"}, &output) == 2);
  CHECK(stage.run_cli({"deliveries", "--replay", "99999", "--dry-run"}, &output) == 1);
  CHECK(stage.end_daemon() == 0);
}
