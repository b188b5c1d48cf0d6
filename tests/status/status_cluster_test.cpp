// What the status listener says of the nodes of a store: at the leader, at a follower, and where the store is
// a file.
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <thread>

#include "status/answer_cache.h"
#include "status/status_stage.h"

using namespace keeper;
using namespace keeper::test;
using nlohmann::json;

namespace {

const std::string bearer = std::string("Authorization: Bearer ") + StatusStage::token + "\r\n";

NodeRow node_row(const std::string& name, NodeState state, const std::string& config_hash) {
  NodeRow node;
  node.node = name;
  node.incarnation = "i-" + name;
  node.version = "0.9.0";
  node.address = "10.0.0." + std::to_string(name.front() - 'a' + 1) + ":8470";
  node.config_hash = config_hash;
  node.state = state;
  node.seen_ago = Seconds{2};
  node.clock_offset = Millis{-11};
  return node;
}

// Node a leads, b and c stand by; c has another configuration.
ClusterFacts three_nodes(const std::string& own) {
  ClusterFacts cluster;
  cluster.node = own;
  cluster.leads = own == "a";
  cluster.leader = "a";
  cluster.epoch = 42;
  if (cluster.leads) {
    cluster.leads_since = at(-30);
    cluster.lease_left = Millis{8100};
    cluster.takeovers = 1;
  }
  cluster.nodes = {node_row("a", NodeState::leader, "3f2c99"), node_row("b", NodeState::follower, "3f2c99"),
                   node_row("c", NodeState::config_differs, "77ab11")};
  cluster.database = {"pg1:5432", "15.18", "00000002", 1, 900};
  cluster.as_of = at(0);
  return cluster;
}

void be(StatusStage& stage, ClusterFacts cluster) {
  stage.facts.with([&](DaemonFacts& facts) {
    facts.ready = {{"store", true, ""}, {"configuration", true, ""}, {"loop", true, ""}};
    if (!cluster.leads) facts.ready.push_back({"follower", false, "node a leads"});
    facts.cluster = std::move(cluster);
  });
}

void change(StatusStage& stage, const std::function<void(ClusterFacts&)>& edit) {
  stage.facts.with([&](DaemonFacts& facts) { edit(*facts.cluster); });
}

// Not one that was kept from before the facts changed.
std::string fresh_page(StatusStage& stage) {
  std::this_thread::sleep_for(AnswerCache::age_max);
  return stage.get("/").body;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("/-/leader is 200 at the leader while its lease lasts, and where the store is a file") {
  StatusStage stage;
  const json alone = stage.json("/-/leader");
  CHECK(alone.at("status") == "leader");
  CHECK_FALSE(alone.at("node").get<std::string>().empty());
  CHECK(alone.at("epoch").is_null());

  be(stage, three_nodes("a"));
  CHECK(stage.json("/-/leader") == json{{"status", "leader"}, {"node", "a"}, {"epoch", 42}});
  // Whether another node leads by now is not known.
  change(stage, [](ClusterFacts& cluster) { cluster.lease_left = Millis{-1}; });
  CHECK(has(stage.json("/-/leader", 503).at("detail"), "lease"));

  be(stage, three_nodes("b"));
  const json follower = stage.json("/-/leader", 503);
  CHECK(follower.at("detail") == "node a leads, at 10.0.0.1:8470");
  CHECK(follower.at("leader") == "a");
  CHECK(follower.at("leader_address") == "10.0.0.1:8470");
}

TEST_CASE("a follower is healthy, and is not ready because it follows alone") {
  StatusStage stage;
  be(stage, three_nodes("b"));
  stage.json("/-/healthy");
  CHECK(stage.json("/-/ready", 503).at("checks") ==
        json::array({{{"name", "follower"}, {"passes", false}, {"detail", "node a leads"}}}));
}

TEST_CASE("nodes tells who takes part, who leads, and what the database says of itself") {
  StatusStage stage;
  be(stage, three_nodes("a"));
  const json answer = stage.json("/api/v1/nodes");
  CHECK(answer.at("node") == "a");
  CHECK(answer.at("leads") == true);
  CHECK(answer.at("holds") == false);
  CHECK(answer.at("leader") == "a");
  CHECK(answer.at("epoch") == 42);
  CHECK(answer.at("leads_since") == "2026-11-21T08:30:00.000Z");
  CHECK(answer.at("as_of") == "2026-11-21T09:00:00.000Z");
  CHECK(answer.at("waits_for").is_null());
  CHECK(answer.at("nodes").at(0) == json{{"node", "a"},
                                         {"state", "leader"},
                                         {"live", true},
                                         {"epoch", 42},
                                         {"lease_left_ms", 8100},
                                         {"seen_ago_ms", 2000},
                                         {"version", "0.9.0"},
                                         {"config", "3f2c"},
                                         {"config_hash", "3f2c99"},
                                         {"clock_offset_ms", -11},
                                         {"address", "10.0.0.1:8470"},
                                         {"incarnation", "i-a"}});
  CHECK(answer.at("nodes").at(2).at("state") == "config_differs");
  CHECK(answer.at("nodes").at(2).at("lease_left_ms").is_null());
  CHECK(answer.at("database") == json{{"server", "pg1:5432"},
                                      {"version", "15.18"},
                                      {"timeline", 2},
                                      {"synchronous_standbys", 1},
                                      {"durability", "replicated"},
                                      {"commits", 900},
                                      {"unreachable", nullptr}});
  stage.json("/api/v1/nodes?no=such", 400);

  be(stage, three_nodes("b"));
  CHECK(stage.json("/api/v1/nodes").at("leads") == false);
  change(stage, [](ClusterFacts& cluster) {
    cluster.leader.clear();
    cluster.waits_for = "the clock is 3 s off";
    cluster.unreachable = "refused";
    cluster.nodes[2].seen_ago = Seconds{21};
  });
  const json cut = stage.json("/api/v1/nodes");
  CHECK(cut.at("leader").is_null());
  CHECK(cut.at("waits_for") == "the clock is 3 s off");
  CHECK(cut.at("database").at("unreachable") == "refused");
  CHECK(cut.at("nodes").at(1).at("live") == true);
  CHECK(cut.at("nodes").at(2).at("live") == false);
}

TEST_CASE("nodes has one node that leads, and no database, where the store is a file") {
  StatusStage stage;
  const json answer = stage.json("/api/v1/nodes");
  CHECK(answer.at("leads") == true);
  CHECK(answer.at("leader") == answer.at("node"));
  CHECK(answer.at("leads_since") == "2026-11-21T08:00:00.000Z");
  REQUIRE(answer.at("nodes").size() == 1);
  CHECK(answer.at("nodes").at(0).at("node") == answer.at("node"));
  CHECK(answer.at("nodes").at(0).at("state") == "leader");
  CHECK(answer.at("nodes").at(0).at("live") == true);
  CHECK(answer.at("nodes").at(0).at("config").is_null());
  CHECK(answer.at("database").is_null());
  CHECK(stage.json("/api/v1/status").at("cluster").is_null());
}

TEST_CASE(
    "a switchover is asked for where another node may lead, with the token, and refused with the reason") {
  StatusStage stage;
  const auto ask = [&](const std::string& query = {}) {
    return stage.send("POST", "/api/v1/switchover" + query, bearer);
  };
  const auto detail = [](const RawAnswer& answer) {
    return json::parse(answer.body).at("detail").get<std::string>();
  };
  const RawAnswer file = ask();
  CHECK(file.status == 409);
  CHECK(has(detail(file), "the store is a file"));

  be(stage, three_nodes("a"));
  CHECK(stage.send("POST", "/api/v1/switchover").status == 401);
  const RawAnswer any = ask();
  CHECK(any.status == 202);
  CHECK(json::parse(any.body) == json{{"status", "accepted"}, {"leader", "a"}, {"node", nullptr}});
  // By the operator's own word it goes to one with another configuration as well.
  CHECK(ask("?node=c").status == 202);
  CHECK(json::parse(ask("?node=b").body).at("node") == "b");
  CHECK(stage.switchovers.with([](auto& all) { return all; }) == std::vector<std::string>{"", "c", "b"});

  CHECK(ask("?node=d").status == 404);
  CHECK(ask("?nodes=b").status == 400);
  CHECK(detail(ask("?node=a")) == "node a leads already");
  for (const auto& [state, why] : {std::pair{NodeState::too_old, "too old"},
                                   {NodeState::not_durable, "acknowledged"},
                                   {NodeState::clock_off, "clock"}}) {
    change(stage, [&, state = state](ClusterFacts& cluster) { cluster.nodes[1].state = state; });
    const RawAnswer refused = ask("?node=b");
    CHECK(refused.status == 409);
    CHECK(has(detail(refused), why));
  }
  change(stage, [](ClusterFacts& cluster) { cluster.nodes[2].seen_ago = Seconds{40}; });
  CHECK(detail(ask("?node=c")) == "node c was not seen for 40s");
  const RawAnswer nobody = ask();
  CHECK(nobody.status == 409);
  CHECK(has(detail(nobody), "there is no other node that could lead; node b may not lead"));
  CHECK(stage.switchovers.with([](auto& all) { return all.size(); }) == 3);

  be(stage, three_nodes("b"));
  stage.switchover_answer = Error{ErrorKind::storage, "the connection broke"};
  CHECK(detail(ask("?node=b")) == "the connection broke");
  change(stage, [](ClusterFacts& cluster) { cluster.unreachable = "refused"; });
  CHECK(ask("?node=b").status == 503);
  change(stage, [](ClusterFacts& cluster) { cluster.unreachable.clear(), cluster.leader.clear(); });
  CHECK(ask("?node=b").status == 503);
}

TEST_CASE("a follower says who leads where only the leader knows, and answers history from the database") {
  StatusStage stage;
  stage.add_delivery("started", Disposition::applied, R"({"x":1})");
  const SessionRow row = stage.add_session(1);
  be(stage, three_nodes("b"));
  const std::string told = "this is node b, a follower; node a leads, at 10.0.0.1:8470; ask it there";
  for (const char* path : {"/api/v1/plans", "/api/v1/plans/front-desk", "/api/v1/plans/front-desk/next",
                           "/api/v1/orphans", "/api/v1/cost"}) {
    const json problem = stage.json(path, 503);
    CHECK(problem.at("detail") == told);
    CHECK(problem.at("leader_address") == "10.0.0.1:8470");
    CHECK(stage.get(path).headers.at("retry-after") == "5");
  }
  for (const char* path : {"/api/v1/plans/front-desk/start", "/api/v1/plans/front-desk/pause",
                           "/api/v1/sessions/s1/stop", "/api/v1/stop-all", "/api/v1/preview"}) {
    const RawAnswer refused =
        stage.send("POST", path, bearer, path == std::string("/api/v1/preview") ? "x: 1" : "");
    INFO(path);
    CHECK(refused.status == 503);
    CHECK(refused.headers.at("retry-after") == "5");
    CHECK(json::parse(refused.body).at("leader") == "a");
  }
  CHECK(stage.orders.with([](auto& orders) { return orders.empty(); }));
  CHECK(stage.send("POST", "/-/reload", bearer).status == 200);

  const json cluster{{"node", "b"}, {"leads", false}, {"leader", "a"}, {"leader_address", "10.0.0.1:8470"}};
  const json status = stage.json("/api/v1/status");
  CHECK(status.at("cluster") == cluster);
  CHECK(status.at("version") == "0.1.0");
  for (const char* name : {"sessions", "plans", "providers", "budgets", "alerts", "notifications"})
    CHECK(status.at(name).is_null());
  const json sessions = stage.json("/api/v1/sessions");
  CHECK(sessions.at("sessions").at(0).at("id") == "s1");
  CHECK(sessions.at("cluster") == cluster);
  CHECK(stage.json("/api/v1/sessions/s1").at("cluster") == cluster);
  const json explanation = stage.json("/api/v1/sessions/s1/explain").at("explanation");
  CHECK(explanation.back() == "What comes next only the leader knows: " + told + ".");
  CHECK_FALSE(has(explanation.dump(), "no longer in the configuration"));
  for (const char* path : {"/api/v1/transitions", "/api/v1/deliveries", "/api/v1/notifications",
                           "/api/v1/plans/front-desk/missed", "/api/v1/sessions/s1/transitions"}) {
    stage.json(path);
  }
}

TEST_CASE("the ETag of the status changes when another node leads") {
  StatusStage stage;
  const auto tag = [&] { return stage.get("/api/v1/status").headers.at("etag"); };
  be(stage, three_nodes("b"));
  const std::string before = tag();
  CHECK(tag() == before);
  change(stage, [](ClusterFacts& cluster) { cluster.leader = "c"; });
  std::this_thread::sleep_for(AnswerCache::age_max);
  CHECK(tag() != before);
}

TEST_CASE(
    "the metrics tell of the nodes where the store is a database, and a follower has no plans in them") {
  StatusStage stage;
  stage.publish(view_with_plans());
  std::string text = stage.get("/metrics").body;
  CHECK(has(text, "session_keeper_leader 1\n"));
  CHECK_FALSE(has(text, "session_keeper_nodes"));
  be(stage, three_nodes("a"));
  text = stage.get("/metrics").body;
  for (const char* line :
       {"session_keeper_leader 1\n", "session_keeper_holding 0\n", "session_keeper_lease_left_seconds 8.1\n",
        "session_keeper_takeovers_total 1\n", "session_keeper_store_standbys 1\n",
        "session_keeper_store_timeline 2\n", "session_keeper_store_durability{durability=\"replicated\"} 1\n",
        "session_keeper_nodes{state=\"leader\"} 1\n", "session_keeper_nodes{state=\"config_differs\"} 1\n",
        "session_keeper_nodes{state=\"too_old\"} 0\n", "session_keeper_clock_offset_seconds -0.011\n",
        "session_keeper_plan_degraded{plan=\"price-watch\"} 1\n"}) {
    INFO(line);
    CHECK(has(text, line));
  }
  change(stage, [](ClusterFacts& cluster) { cluster.lease_left = Millis{-500}; });
  text = stage.get("/metrics").body;
  CHECK(has(text, "session_keeper_leader 0\n"));
  CHECK(has(text, "session_keeper_holding 1\n"));
  be(stage, three_nodes("b"));
  text = stage.get("/metrics").body;
  CHECK(has(text, "session_keeper_leader 0\n"));
  CHECK_FALSE(has(text, "session_keeper_lease_left_seconds"));
  CHECK_FALSE(has(text, "session_keeper_sessions{"));
  CHECK_FALSE(has(text, "session_keeper_plan_"));
}

TEST_CASE("the rules and the dashboard for several nodes ask for nothing that /metrics does not have") {
  StatusStage stage;
  be(stage, three_nodes("a"));
  const std::string text = stage.get("/metrics").body;
  for (const char* user :
       {"prometheus/session-keeper-cluster.rules.yaml", "grafana/session-keeper-cluster.json"}) {
    std::ifstream file(std::string(KEEPER_SOURCE_DIR) + "/config/" + user);
    const std::string asked{std::istreambuf_iterator<char>(file), {}};
    const std::regex name("session_keeper_[a-z_]+");
    int names = 0;
    for (std::sregex_iterator found(asked.begin(), asked.end(), name), end; found != end; ++found, ++names) {
      INFO(user << ": " << found->str());
      CHECK(has(text, "\n" + found->str()));
    }
    CHECK(names > 5);
  }
}

TEST_CASE("the leader's page has a line on the nodes, in red where one of them is not as it should be") {
  StatusStage stage;
  stage.publish(view_with_plans());
  CHECK_FALSE(has(fresh_page(stage), "class=\"nodes\""));
  ClusterFacts good = three_nodes("a");
  good.nodes[2] = node_row("<c>", NodeState::follower, "3f2c99");
  be(stage, good);
  std::string page = fresh_page(stage);
  CHECK(has(page, "<span class=\"state good\">node a leads</span> since <time"));
  CHECK(has(page, "b and &lt;c&gt; stand by"));
  CHECK(has(page,
            "database pg1:5432, PostgreSQL 15.18, timeline 2, 1 synchronous standby, durability replicated"));
  CHECK(has(page, "<h2 id=\"Plans\">"));

  const auto red = [&](const std::function<void(ClusterFacts&)>& edit, const std::string& told) {
    ClusterFacts cluster = good;
    edit(cluster);
    be(stage, cluster);
    page = fresh_page(stage);
    INFO(told);
    CHECK(has(page, "<span class=\"state bad\">node a "));
    CHECK(has(page, told));
  };
  red([](ClusterFacts& cluster) { cluster.database.synchronous_standbys = 0; },
      "<b>The database</b> has no synchronous standby");
  red([](ClusterFacts& cluster) { cluster.nodes[1] = node_row("b", NodeState::config_differs, "77ab11"); },
      "<b>Node b</b> has another configuration (77ab, and not 3f2c)");
  red([](ClusterFacts& cluster) { cluster.nodes[1].state = NodeState::too_old; },
      "<b>Node b</b> does not know");
  red([](ClusterFacts& cluster) { cluster.nodes[1].seen_ago = Seconds{40}; },
      "<b>Node b</b> was not seen for 40s");
  red(
      [](ClusterFacts& cluster) {
        cluster.lease_left = Millis{-5000};
        cluster.unreachable = "refused";
      },
      "<b>The database</b> does not answer: refused");
  CHECK(has(page, "<title>The database does not answer: what lives is kept, and nothing is started"));

  // One server without a standby is what the operator asked for.
  ClusterFacts local = good;
  local.durability = Durability::local;
  local.database.synchronous_standbys = 0;
  be(stage, local);
  CHECK(has(fresh_page(stage), "<span class=\"state good\">node a leads</span>"));
}

TEST_CASE("a follower's page says so, leads to the leader and shows the history") {
  StatusStage stage;
  stage.add_session(1);
  stage.add_delivery("started", Disposition::applied, R"({"x":1})");
  be(stage, three_nodes("b"));
  std::string page = fresh_page(stage);
  CHECK(has(page, "<title>This node is a follower; node a leads"));
  CHECK(has(page, "<a href=\"http://10.0.0.1:8470/\">10.0.0.1:8470</a>"));
  CHECK(has(page, "Recent transitions"));
  CHECK(has(page, "applied"));
  CHECK_FALSE(has(page, "The configuration holds no plans"));
  CHECK_FALSE(has(page, "class=\"figures\""));
  change(stage, [](ClusterFacts& cluster) { cluster.nodes[0].address = "127.0.0.1:8470"; });
  page = fresh_page(stage);
  CHECK(has(page, "<code>127.0.0.1:8470</code> on its own machine"));
  CHECK_FALSE(has(page, "href=\"http://127"));
  change(stage, [](ClusterFacts& cluster) { cluster.leader.clear(), cluster.waits_for = "no standby"; });
  page = fresh_page(stage);
  CHECK(has(page, "<title>No node leads"));
  CHECK(has(page, "<b>No node leads</b>: no standby"));
  CHECK_FALSE(has(page, "database's clock"));
  change(stage, [](ClusterFacts& cluster) {
    for (NodeRow& node : cluster.nodes) {
      node.clock_offset = Seconds{3600};
      node.state = NodeState::clock_off;
    }
  });
  CHECK(has(fresh_page(stage), "<b>The database's clock</b> is far from that of every node"));
  stage.facts.with([](auto& facts) { facts.ready[0] = {"store", false, "refused"}; });
  CHECK(has(fresh_page(stage), "<title>Not ready: store"));
  CHECK(stage.get("/sessions/s1").status == 200);
}
