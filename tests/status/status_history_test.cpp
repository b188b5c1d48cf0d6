#include "status/explain.h"
#include "status/status_stage.h"

using namespace keeper;
using namespace keeper::test;
using nlohmann::json;

namespace {

std::vector<std::string> ids(const json& list, const char* key) {
  std::vector<std::string> all;
  for (const json& each : list) all.push_back(each.at(key).get<std::string>());
  return all;
}

}  // namespace

TEST_CASE("sessions are listed newest first, with filters and pages that neither skip nor repeat") {
  StatusStage stage;
  for (int i = 1; i <= 7; ++i) {
    SessionRow row = stage.add_session(i);
    if (i == 3) stage.move(row, State::active, Reason::start_confirmed);
  }
  std::vector<std::string> seen;
  std::string target = "/api/v1/sessions?limit=3";
  for (int pages = 0; pages < 4; ++pages) {
    const json page = stage.json(target);
    for (const std::string& id : ids(page.at("sessions"), "id")) seen.push_back(id);
    if (page.at("next").is_null()) break;
    target = "/api/v1/sessions?limit=3&before=" + page.at("next").get<std::string>();
  }
  CHECK(seen == std::vector<std::string>{"s7", "s6", "s5", "s4", "s3", "s2", "s1"});
  CHECK(ids(stage.json("/api/v1/sessions?state=active").at("sessions"), "id") ==
        std::vector<std::string>{"s3"});
  CHECK(ids(stage.json("/api/v1/sessions?plan=price-watch&provider=browsers").at("sessions"), "id") ==
        std::vector<std::string>{"s6", "s4", "s2"});
  CHECK(stage.json("/api/v1/sessions?plan=nobody").at("sessions").empty());
}

TEST_CASE("a list that was just asked for shows a new transition at once") {
  StatusStage stage;
  for (int i = 1; i <= 20; ++i) {
    stage.add_session(i);
    stage.facts.with([&](auto& facts) { facts.store.last_seq = i; });
    CHECK(stage.json("/api/v1/sessions").at("sessions").size() == static_cast<std::size_t>(i));
  }
}

TEST_CASE("a session is its row, with the deadlines that only the view knows") {
  StatusStage stage;
  SessionRow row = stage.add_session(1);
  stage.move(row, State::active, Reason::start_confirmed);
  View view = view_with_plans();
  SessionView seen;
  seen.row = row;
  seen.idle_deadline = at(30);
  seen.hard_deadline = at(60);
  seen.next_heartbeat_at = at(10);
  seen.rollover_at = at(50);
  view.sessions = {seen};
  stage.publish(view);
  const json expected{{"id", "s1"},
                      {"plan", "front-desk"},
                      {"provider", "browsers"},
                      {"remote_id", "r1"},
                      {"state", "active"},
                      {"reason", "start_confirmed"},
                      {"progress", "asked"},
                      {"ending", nullptr},
                      {"native_status", nullptr},
                      {"occurrence", "2026-11-21T09:01:00.000Z"},
                      {"attempt", 0},
                      {"replica", 0},
                      {"created_at", "2026-11-21T09:01:00.000Z"},
                      {"active_at", "2026-11-21T09:01:30.000Z"},
                      {"ended_at", nullptr},
                      {"idle_deadline", "2026-11-21T09:30:00.000Z"},
                      {"hard_deadline", "2026-11-21T10:00:00.000Z"},
                      {"next_heartbeat_at", "2026-11-21T09:10:00.000Z"},
                      {"rollover_at", "2026-11-21T09:50:00.000Z"},
                      {"predecessor", nullptr},
                      {"successor", nullptr},
                      {"last_error", nullptr},
                      {"cost", nullptr}};
  CHECK(stage.json("/api/v1/sessions/s1") == expected);
  CHECK(stage.json("/api/v1/sessions").at("sessions").at(0) == expected);
  stage.move(row, State::closed, Reason::stopped_by_plan);
  CHECK(stage.json("/api/v1/sessions/s1").at("idle_deadline").is_null());
  stage.json("/api/v1/sessions/nobody", 404);
}

TEST_CASE("transitions are newest first, or oldest first after a seq") {
  StatusStage stage;
  SessionRow first = stage.add_session(1);
  stage.add_session(2);
  stage.move(first, State::active, Reason::webhook_started);
  const json newest = stage.json("/api/v1/transitions").at("transitions");
  REQUIRE(newest.size() == 3);
  CHECK(newest.at(0).at("to") == "active");
  CHECK(newest.at(0).at("from") == "queued");
  CHECK(newest.at(0).at("reason") == "webhook_started");
  CHECK(newest.at(0).at("cause") == "poll");
  CHECK(newest.at(2).at("from").is_null());
  const std::int64_t oldest_seq = newest.at(2).at("seq");
  const json after = stage.json("/api/v1/transitions?limit=1&after_seq=" + std::to_string(oldest_seq));
  CHECK(after.at("transitions").at(0).at("session_id") == "s2");
  CHECK(after.at("next") == newest.at(1).at("seq").dump());
  CHECK(stage.json("/api/v1/transitions?session=s1").at("transitions").size() == 2);
  CHECK(stage.json("/api/v1/transitions?plan=price-watch").at("transitions").size() == 1);
  CHECK(stage.json("/api/v1/sessions/s1/transitions").at("transitions").size() == 2);
  stage.json("/api/v1/sessions/nobody/transitions", 404);
  stage.json("/api/v1/transitions?after_seq=1&before=3", 400);
}

TEST_CASE("deliveries are listed without bodies, and a body comes raw by its id") {
  StatusStage stage;
  stage.add_delivery("ai-deployment-session-started", Disposition::held, "{\"a\" : 1}");
  stage.add_delivery("something-else", Disposition::ignored, "{}");
  const json all = stage.json("/api/v1/deliveries").at("deliveries");
  REQUIRE(all.size() == 2);
  CHECK(all.at(1).at("type") == "ai-deployment-session-started");
  CHECK(all.at(1).at("disposition") == "held");
  CHECK(all.at(1).at("progress").is_string());
  CHECK(all.at(1).at("failed") == false);
  CHECK(all.at(0).at("progress").is_null());
  CHECK(all.at(1).at("session_id").is_null());
  CHECK_FALSE(all.at(1).contains("body"));
  CHECK(stage.json("/api/v1/deliveries?disposition=ignored").at("deliveries").size() == 1);
  CHECK(stage.json("/api/v1/deliveries?provider=nobody").at("deliveries").empty());
  CHECK(stage.get("/api/v1/deliveries/" + all.at(1).at("id").dump()).body == "{\"a\" : 1}");
  stage.json("/api/v1/deliveries/999", 404);
  stage.json("/api/v1/deliveries/x", 404);
}

TEST_CASE("a session is explained in sentences: why it is so, and what comes next") {
  StatusStage stage;
  SessionRow row = stage.add_session(1);
  stage.move(row, State::active, Reason::found);
  View view = view_with_plans();
  SessionView seen;
  seen.row = row;
  seen.next_heartbeat_at = at(10);
  seen.call_in_flight = "observe";
  view.sessions = {seen};
  stage.publish(view);
  const std::string words = stage.json("/api/v1/sessions/s1/explain").at("explanation").dump();
  CHECK(words.find("It is active since 2026-11-21T09:01:30.000Z") != std::string::npos);
  CHECK(words.find("it was found at the provider") != std::string::npos);
  CHECK(words.find("A call to the provider is under way: observe.") != std::string::npos);
  CHECK(words.find("The next heartbeat is due at 2026-11-21T09:10:00.000Z.") != std::string::npos);
  CHECK(words.find("Its plan wants 1 and has 1 active") != std::string::npos);
  stage.json("/api/v1/sessions/nobody/explain", 404);
  seen.vain_heartbeats = 2;
  CHECK(json(explain(seen.row, &seen, nullptr)).dump().find("Its last 2 heartbeats did not count") !=
        std::string::npos);
  seen.row.state = State::closed;
  seen.is_over = true;
  CHECK(json(explain(seen.row, &seen, nullptr)).dump().find("it is cleaned up until the provider confirms") !=
        std::string::npos);
  seen.row.attempt = 5;
  CHECK(explain(seen.row, nullptr, nullptr).at(0).find(", as attempt 5.") != std::string::npos);
}

TEST_CASE("a start that a former process may still send is explained, with until when") {
  SessionView seen;
  seen.row.created_at = at(1);
  seen.row.start_sent_at = at(2);
  CHECK(json(explain(seen.row, &seen, nullptr)).dump().find("The start left at 2026-11-21T09:02:00.000Z") !=
        std::string::npos);
  seen.start_may_leave_until = at(3);
  const std::string words = json(explain(seen.row, &seen, nullptr)).dump();
  CHECK(words.find("A start of the former process, begun at 2026-11-21T09:02:00.000Z, may still leave until "
                   "2026-11-21T09:03:00.000Z; it is sent again only if") != std::string::npos);
  CHECK(words.find("The start left at") == std::string::npos);
}

TEST_CASE("bad queries are 400 and say what is wrong") {
  StatusStage stage;
  for (const char* target :
       {"/api/v1/sessions?limit=1001", "/api/v1/sessions?limit=0", "/api/v1/sessions?limit=-1",
        "/api/v1/sessions?limit=1e3", "/api/v1/sessions?limit=", "/api/v1/sessions?state=asleep",
        "/api/v1/sessions?plan=a&plan=b", "/api/v1/sessions?colour=red", "/api/v1/sessions?before=x",
        "/api/v1/transitions?after_seq=-1", "/api/v1/transitions?after_seq=99999999999999999999",
        "/api/v1/deliveries?disposition=lost", "/api/v1/status?x=1", "/api/v1/plans?limit=5000"}) {
    CHECK(stage.json(target, 400).at("detail").get<std::string>().size() > 10);
  }
  stage.json("/api/v1/sessions?limit=1000");
}

TEST_CASE("a plan's missed occurrences are listed newest first, in pages") {
  StatusStage stage;
  stage.publish(view_with_plans());
  Batch batch;
  for (int i = 1; i <= 5; ++i) {
    batch.missed.push_back(
        {PlanName{"front-desk"}, Wall{Seconds{i}}, i == 5 ? Missed::paused : Missed::too_late, at(0)});
  }
  batch.missed.push_back({PlanName{"price-watch"}, Wall{Seconds{3}}, Missed::overlap, at(0)});
  REQUIRE(stage.store->commit(batch).ok());
  const json first = stage.json("/api/v1/plans/front-desk/missed?limit=3");
  CHECK(ids(first.at("missed"), "occurrence") == std::vector<std::string>{"1970-01-01T00:00:05.000Z",
                                                                          "1970-01-01T00:00:04.000Z",
                                                                          "1970-01-01T00:00:03.000Z"});
  CHECK(first.at("missed")[0].at("why") == "paused");
  const json second =
      stage.json("/api/v1/plans/front-desk/missed?limit=3&before=" + first.at("next").get<std::string>());
  CHECK(second.at("missed").size() == 2);
  CHECK(second.at("next").is_null());
  stage.json("/api/v1/plans/nobody/missed", 404);
}
