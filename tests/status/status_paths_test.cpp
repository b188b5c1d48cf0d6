#include <filesystem>
#include <fstream>
#include <thread>

#include "status/status_stage.h"

using namespace keeper;
using namespace keeper::test;
using nlohmann::json;

TEST_CASE("status gives the daemon at a glance, with nulls for what is unknown") {
  StatusStage stage;
  stage.publish(view_with_plans());
  const json status = stage.json("/api/v1/status");
  CHECK(status.at("version") == "0.1.0");
  CHECK(status.at("started_at") == "2026-11-21T08:00:00.000Z");
  CHECK(status.at("ready") == true);
  CHECK(status.at("instance") == "feed");
  CHECK(status.at("config").at("last_reload_error").is_null());
  CHECK(status.at("store").at("last_seq") == 7);
  CHECK(status.at("loop_age_ms") == 12);
  CHECK(status.at("sessions") ==
        json{{"queued", 1}, {"active", 2}, {"closed", 3}, {"error", 4}, {"timed_out", 5}});
  CHECK(status.at("plans").at(0) == json{{"name", "front-desk"},
                                         {"provider", "browsers"},
                                         {"wanted", 1},
                                         {"live", 1},
                                         {"state", "as_wanted"},
                                         {"next_start", "2026-11-21T10:00:00.000Z"},
                                         {"next_stop", "2026-11-21T19:00:00.000Z"},
                                         {"next_attempt", nullptr},
                                         {"paused", false},
                                         {"pause", nullptr},
                                         {"last_error", nullptr},
                                         {"blocked_reason", nullptr},
                                         {"blocked_until", nullptr}});
  CHECK(status.at("providers").at(0) == json{{"name", "browsers"},
                                             {"type", "notte"},
                                             {"state", "failing"},
                                             {"starts_from", nullptr},
                                             {"last_error", "503"},
                                             {"rate_limit", "27/1m"},
                                             {"rate_left", nullptr}});
  CHECK(status.at("webhook").at("listening") == true);
  CHECK(status.at("webhook").at("received_total") == 5);
}

TEST_CASE("who is told and does not take it stands in status, metrics and page, and so does the monitor") {
  StatusStage stage;
  View view = view_with_plans();
  for (PlanView& plan : view.plans) plan.standing.condition = PlanCondition::as_wanted;
  view.targets = {{TargetName("ops"), at(-5), "<i>500</i>", 2, at(3)}, {TargetName("wall"), {}, {}, 0, {}}};
  stage.publish(view);
  json status = stage.json("/api/v1/status");
  CHECK(status.at("notifications").at(0) == json{{"name", "ops"},
                                                 {"healthy", false},
                                                 {"failing_since", "2026-11-21T08:55:00.000Z"},
                                                 {"last_error", "<i>500</i>"},
                                                 {"waiting", 2},
                                                 {"next_attempt", "2026-11-21T09:03:00.000Z"}});
  CHECK(status.at("notifications").at(1).at("healthy") == true);
  CHECK(status.at("dead_mans_switch").is_null());
  stage.facts.with([](auto& facts) { facts.monitor = MonitorFacts{at(-7), "no answer", at(-9)}; });
  view.at = at(1);
  stage.publish(view);
  status = stage.json("/api/v1/status");
  CHECK(status.at("dead_mans_switch") == json{{"healthy", false},
                                              {"failing_since", "2026-11-21T08:53:00.000Z"},
                                              {"last_error", "no answer"},
                                              {"last_heard_at", "2026-11-21T08:51:00.000Z"}});
  const std::string metrics = stage.get("/metrics").body;
  for (const char* line : {"session_keeper_notification_target_healthy{target=\"ops\"} 0\n",
                           "session_keeper_notification_target_healthy{target=\"wall\"} 1\n",
                           "session_keeper_notification_messages_waiting{target=\"ops\"} 2\n",
                           "session_keeper_dead_mans_switch_heard 0\n"}) {
    INFO(line);
    CHECK(metrics.find(line) != std::string::npos);
  }
  const std::string page = stage.get("/").body;
  CHECK(page.find("<title>Notifications do not get through") != std::string::npos);
  CHECK(page.find("<b>Notifications to ops</b> fail since ") != std::string::npos);
  CHECK(page.find("&lt;i&gt;500&lt;/i&gt;; 2 not delivered; next try ") != std::string::npos);
  CHECK(page.find("its monitor was not reached since ") != std::string::npos);
}

TEST_CASE("everything answers before the first view is out") {
  StatusStage stage;
  for (const char* path : {"/api/v1/status", "/api/v1/plans", "/api/v1/sessions", "/api/v1/transitions",
                           "/api/v1/deliveries", "/-/healthy", "/-/ready", "/openapi.json"}) {
    stage.json(path);
  }
  CHECK(stage.get("/").status == 200);
  CHECK(stage.get("/metrics").status == 200);
}

TEST_CASE("not ready is 503 and names the failing checks alone") {
  StatusStage stage;
  stage.facts.with([](auto& facts) { facts.ready[1] = {"loop_turning", false, "stuck for 12 s"}; });
  const json problem = stage.json("/-/ready", 503);
  CHECK(problem.at("status") == 503);
  CHECK(problem.at("checks") ==
        json::array({{{"name", "loop_turning"}, {"passes", false}, {"detail", "stuck for 12 s"}}}));
  CHECK(stage.json("/api/v1/status").at("ready") == false);
  stage.json("/-/healthy");
}

TEST_CASE("plans come by name with their fingerprints, in pages") {
  StatusStage stage;
  stage.publish(view_with_plans());
  json page = stage.json("/api/v1/plans?limit=1");
  CHECK(page.at("plans").size() == 1);
  CHECK(page.at("plans").at(0).at("fingerprint") == "f1");
  page = stage.json("/api/v1/plans?limit=1&before=" + page.at("next").get<std::string>());
  CHECK(page.at("plans").at(0).at("name") == "price-watch");
  CHECK(page.at("next").is_null());
  CHECK(stage.json("/api/v1/plans/price-watch").at("last_error") == "<b>no</b>");
  CHECK(stage.json("/api/v1/plans/nobody", 404).at("title") == "Not Found");
}

TEST_CASE("a plan's coming occurrences are in its zone and in UTC") {
  StatusStage stage;
  stage.publish(view_with_plans());
  const json next = stage.json("/api/v1/plans/front-desk/next?n=2");
  // 2026-11-21 is a Saturday.
  CHECK(next.at("occurrences") == json::array({{{"time", "2026-11-23T09:00:00+01:00"},
                                                {"time_utc", "2026-11-23T08:00:00.000Z"},
                                                {"plan", "front-desk"},
                                                {"until", "2026-11-23T17:00:00.000Z"}},
                                               {{"time", "2026-11-24T09:00:00+01:00"},
                                                {"time_utc", "2026-11-24T08:00:00.000Z"},
                                                {"plan", "front-desk"},
                                                {"until", "2026-11-24T17:00:00.000Z"}}}));
  CHECK(stage.json("/api/v1/plans/price-watch/next").at("occurrences").empty());
  stage.json("/api/v1/plans/nobody/next", 404);
  stage.json("/api/v1/plans/front-desk/next?n=0", 400);
}

TEST_CASE("metrics are Prometheus text without ids") {
  StatusStage stage;
  stage.publish(view_with_plans());
  const RawAnswer answer = stage.get("/metrics");
  CHECK(answer.headers.at("content-type").starts_with("text/plain; version=0.0.4"));
  for (const char* line :
       {"session_keeper_sessions{state=\"error\"} 4\n", "session_keeper_loop_age_seconds 0.012\n",
        "session_keeper_log_lines_dropped_total 7\n",
        "# TYPE session_keeper_webhook_received_total counter\n", "session_keeper_store_last_seq 7\n",
        "session_keeper_plan_degraded{plan=\"price-watch\"} 1\n", "session_keeper_webhook_received_total 5\n",
        "session_keeper_provider_circuit_open{provider=\"browsers\"} 0\n", "session_keeper_ready 1\n"}) {
    INFO(line);
    CHECK(answer.body.find(line) != std::string::npos);
  }
  CHECK(answer.body.back() == '\n');
}

TEST_CASE("the page shows plans, sessions and transitions, and escapes what is foreign") {
  StatusStage stage;
  SessionRow row = stage.add_session(1);
  stage.move(row, State::error, Reason::provider_failed);
  View view = view_with_plans();
  SessionView session;
  session.row = row;
  session.row.plan = PlanName("<script>alert(1)</script>");
  view.sessions = {session};
  stage.publish(view);
  const RawAnswer answer = stage.get("/");
  CHECK(answer.headers.at("content-type") == "text/html; charset=utf-8");
  CHECK(answer.headers.at("content-security-policy").find("default-src 'none'") == 0);
  CHECK(answer.body.find("<script>alert") == std::string::npos);
  CHECK(answer.body.find("&lt;script&gt;alert(1)&lt;/script&gt;") != std::string::npos);
  CHECK(answer.body.find("&lt;b&gt;no&lt;/b&gt;") != std::string::npos);
  CHECK(answer.body.find("One plan is degraded") != std::string::npos);
  CHECK(answer.body.find("provider failed") != std::string::npos);
}

TEST_CASE("the page draws the last 24 hours of each plan, with what was missing") {
  StatusStage stage;
  const Wall now = wall_now();
  Batch batch;
  for (const int hours_ago : {20, 10}) {
    SessionRow row;
    row.id = SessionId("ago" + std::to_string(hours_ago));
    row.plan = PlanName("price-watch");
    row.provider = ProviderName("browsers");
    row.occurrence = row.created_at = now - std::chrono::hours{hours_ago};
    row.active_at = row.created_at;
    row.ended_at = row.created_at + std::chrono::hours{5};
    row.state = State::error;
    row.resolved = true;
    TransitionRow made;
    made.session = row.id;
    made.plan = row.plan;
    made.provider = row.provider;
    TransitionRow ended = made;
    ended.from = State::queued;
    ended.to = State::error;
    batch.sessions.push_back(row);
    batch.transitions.insert(batch.transitions.end(), {made, ended});
  }
  REQUIRE(stage.store->commit(batch).ok());
  View view = view_with_plans();
  view.plans[0].standing.next_start = now + std::chrono::hours{72};
  stage.publish(view);
  const std::string body = stage.get("/").body;
  for (const char* part :
       {"<rect class=\"active\" x=\"240\" y=\"0\" width=\"300\" height=\"24\">",
        "<rect class=\"active\" x=\"840\"", "<rect class=\"gap\" x=\"540\" y=\"0\" width=\"300\"",
        "alive 10h in 1d, missing 5h in 1 gap", "in 2 d</i> · Europe/Berlin"}) {
    INFO(part);
    CHECK(body.find(part) != std::string::npos);
  }
}

TEST_CASE("a second between two sessions is told and is not red; what timed out as planned is not either") {
  StatusStage stage;
  const Wall now = wall_now();
  Batch batch;
  const auto add = [&](const std::string& id, Wall from, std::optional<Wall> to, const PlanName& plan) {
    SessionRow row;
    row.id = SessionId(id);
    row.plan = plan;
    row.provider = ProviderName("browsers");
    row.occurrence = row.created_at = from;
    row.active_at = from;
    row.ended_at = to;
    row.state = to ? State::timed_out : State::active;
    row.reason = to ? Reason::idle_timeout : Reason::start_confirmed;
    row.resolved = to.has_value();
    TransitionRow moved;
    moved.session = row.id;
    moved.plan = row.plan;
    moved.provider = row.provider;
    batch.sessions.push_back(row);
    batch.transitions.push_back(moved);
    moved.from = State::queued;
    moved.to = row.state;
    moved.reason = row.reason;
    batch.transitions.push_back(moved);
  };
  View view = view_with_plans();
  auto config = std::make_shared<Config>(*view.config);
  for (auto& [name, plan] : config->plans) plan.keep_alive.restart = Restart::always;
  const PlanName watch("price-watch");
  add("a", now - std::chrono::hours{20}, now - std::chrono::hours{10}, watch);
  add("b", now - std::chrono::hours{10} + Seconds{1}, now - Seconds{1}, watch);
  REQUIRE(stage.store->commit(batch).ok());
  view.config = config;
  stage.publish(view);
  std::string body = stage.get("/").body;
  CHECK(body.find("<small>alive 19h59m in 1d, missing 2s in 2 gaps</small>") != std::string::npos);
  CHECK(body.find("<rect class=\"gap\"") == std::string::npos);
  // The plan sends no heartbeats, so that an idle timeout is how its sessions end.
  CHECK(body.find("<span class=\"state calm\">timed out</span>") != std::string::npos);
  CHECK(body.find("<span class=\"state bad\">timed out</span>") == std::string::npos);
  CHECK(stage.get("/sessions/a").body.find("<span class=\"state bad\">") == std::string::npos);
  config = std::make_shared<Config>(*config);
  config->plans.at(watch).keep_alive.heartbeat = true;
  view.config = config;
  stage.publish(view);
  CHECK(stage.get("/").body.find("<span class=\"state bad\">timed out</span>") != std::string::npos);
  CHECK(stage.get("/sessions/a").body.find("<span class=\"state bad\">timed out</span>") !=
        std::string::npos);
}

TEST_CASE("a session has a page of its own, with why and what comes next") {
  StatusStage stage;
  SessionRow row = stage.add_session(1);
  stage.move(row, State::error, Reason::provider_failed);
  stage.add_delivery("ai-deployment-session-failed", Disposition::applied, "{}");
  stage.publish(view_with_plans());
  const RawAnswer answer = stage.get("/sessions/s1");
  CHECK(answer.status == 200);
  CHECK(answer.headers.at("content-security-policy").find("default-src 'none'") == 0);
  for (const char* part : {"the provider says that it failed", "Its plan wants 1 and has 1 active",
                           "<code>s1</code>", "<dd>r1</dd>"}) {
    INFO(part);
    CHECK(answer.body.find(part) != std::string::npos);
  }
  CHECK(stage.get("/sessions/none").status == 404);
}

TEST_CASE("the store's copy is given to who has the token, and is whole") {
  StatusStage stage;
  stage.add_sessions(1, 500);
  CHECK(stage.get("/api/v1/backup").status == 401);
  const std::string right = "Authorization: Bearer " + std::string(StatusStage::token) + "\r\n";
  for (int round = 0; round < 2; ++round) {
    RawAnswer answer = stage.send("GET", "/api/v1/backup", right);
    // One at a time: the last byte is here a moment before the one who sent it is done.
    for (int wait = 0; wait < 500 && answer.status == 503; ++wait) {
      CHECK(answer.headers.at("retry-after") == "10");
      std::this_thread::sleep_for(Millis{10});
      answer = stage.send("GET", "/api/v1/backup", right);
    }
    REQUIRE(answer.status == 200);
    CHECK(answer.headers.at("content-type") == "application/vnd.sqlite3");
    CHECK(answer.body.starts_with("SQLite format 3"));
    const std::string copy = stage.directory + "/copy" + std::to_string(round) + ".db";
    std::ofstream(copy, std::ios::binary) << answer.body;
    const auto history = History::open(copy);
    REQUIRE(history.ok());
    CHECK((*history)->sessions({.limit = 1000})->rows.size() == 500);
  }
  std::filesystem::remove(stage.directory + "/keeper.db");
  for (int wait = 0; wait < 2; ++wait) CHECK(stage.send("GET", "/api/v1/backup", right).status == 503);
}

TEST_CASE("status is not sent again to who has it already") {
  StatusStage stage;
  stage.publish(view_with_plans());
  const std::string tag = stage.get("/api/v1/status").headers.at("etag");
  CHECK(tag.starts_with("W/\""));
  const RawAnswer same = stage.send("GET", "/api/v1/status", "If-None-Match: " + tag + "\r\n");
  CHECK(same.status == 304);
  CHECK(same.body.empty());
  CHECK(same.headers.at("etag") == tag);
  CHECK(stage.send("GET", "/api/v1/status", "If-None-Match: W/\"1\"\r\n").status == 200);
  stage.facts.with([](DaemonFacts& facts) { facts.ready[0].passes = false; });
  View later = view_with_plans();
  later.at = at(1);
  stage.publish(later);
  CHECK(stage.send("GET", "/api/v1/status", "If-None-Match: " + tag + "\r\n").status == 200);
}
