// `nodes` and `switchover` against a daemon whose answers the test sets, and what other commands say of a
// follower.
#include <httplib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "catch.h"
#include "cli/command_line.h"

namespace keeper {
namespace {

using NodesJson = nlohmann::json;

NodesJson node_json(const std::string& name, const std::string& state) {
  return {{"node", name},       {"state", state},        {"live", true},        {"epoch", nullptr},
          {"version", "0.9.0"}, {"config", "3f2c"},      {"seen_ago_ms", 2000}, {"lease_left_ms", nullptr},
          {"address", nullptr}, {"clock_offset_ms", -11}};
}

NodesJson three_nodes_json() {
  NodesJson leader = node_json("a", "leader");
  leader.update({{"epoch", 42}, {"lease_left_ms", 8100}, {"seen_ago_ms", 0}, {"clock_offset_ms", 3}});
  leader["address"] = "10.0.0.1:8470";
  return {{"node", "b"},
          {"leader", "a"},
          {"holds", false},
          {"waits_for", nullptr},
          {"nodes", {leader, node_json("b", "follower"), node_json("c", "config_differs")}},
          {"database",
           {{"server", "pg1:5432"},
            {"version", "15.18"},
            {"timeline", 2},
            {"synchronous_standbys", 1},
            {"durability", "replicated"},
            {"unreachable", nullptr}}}};
}

// After a switchover was asked for it breaks a connection, has no leader for one answer, and then
// `successor`.
class NodesDaemon {
 public:
  NodesDaemon() {
    server_.Get("/-/healthy",
                [](const httplib::Request&, httplib::Response& out) { out.set_content("{}", "a/b"); });
    server_.Get("/api/v1/nodes", [this](const httplib::Request&, httplib::Response& out) {
      if (asked_ > 0) ++asked_;
      if (asked_ == 2) return out.set_content("not yet", "text/plain");
      if (asked_ == 3) nodes["leader"] = nullptr;
      if (asked_ == 4) nodes["leader"] = successor;
      out.set_content(nodes.dump(), "application/json");
    });
    server_.Get("/api/v1/status", [this](const httplib::Request&, httplib::Response& out) {
      out.set_content(status.dump(), "application/json");
    });
    server_.Post("/api/v1/switchover", [this](const httplib::Request& in, httplib::Response& out) {
      const bool known = in.get_param_value("node") != "nobody";
      out.status = known ? 202 : 404;
      if (!known) return out.set_content(R"({"detail":"there is no node of this name"})", "application/json");
      asked_ = 1;
      out.set_content(R"({"status":"accepted","leader":"a","node":null})", "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    REQUIRE(port_ > 0);
    std::string name = (std::filesystem::temp_directory_path() / "keeper-nodes-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
    std::ofstream(directory_ / "token") << "s3cret\n";
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ~NodesDaemon() {
    server_.stop();
    thread_.join();
    std::filesystem::remove_all(directory_);
  }
  NodesDaemon(const NodesDaemon&) = delete;
  NodesDaemon& operator=(const NodesDaemon&) = delete;

  int run(const std::vector<std::string>& words, std::string& out, std::string& err) const {
    std::ostringstream to_out, to_err;
    const Terminal terminal{to_out, to_err, 80, false, [](const RunRequest&) { return 1; }};
    std::vector<std::string> all{"session-keeper"};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"--url", "http://127.0.0.1:" + std::to_string(port_)});
    if (words.front() == "switchover") all.insert(all.end(), {"--token-file", directory_ / "token"});
    std::vector<const char*> arguments;
    for (const std::string& word : all) arguments.push_back(word.c_str());
    const int code = run_command_line(static_cast<int>(arguments.size()), arguments.data(), terminal);
    out = to_out.str();
    err = to_err.str();
    return code;
  }

  NodesJson nodes = three_nodes_json();
  NodesJson status;
  std::string successor = "b";

 private:
  httplib::Server server_;
  std::filesystem::path directory_;
  int asked_ = 0;
  int port_ = 0;
  std::thread thread_;
};

TEST_CASE("nodes prints who takes part, what the database says, and what is not as it should be") {
  NodesDaemon daemon;
  std::string out, err;
  CHECK(daemon.run({"nodes"}, out, err) == 0);
  CHECK(out ==
        "NODE  STATE           EPOCH  LEASE  SEEN  VERSION  CONFIG  CLOCK  ADDRESS\n"
        "a     leader          42     8.1s   0s    0.9.0    3f2c    +3ms   10.0.0.1:8470\n"
        "b     follower        -      -      2s    0.9.0    3f2c    -11ms  -\n"
        "c     config_differs  -      -      2s    0.9.0    3f2c    -11ms  -\n"
        "database pg1:5432, PostgreSQL 15.18, timeline 2, 1 synchronous standby, durability replicated\n"
        "c has another configuration than the leader, and leads only if nobody else can\n");
  daemon.nodes["leader"] = nullptr;
  daemon.nodes["waits_for"] = "the clock is off";
  daemon.nodes["database"]["unreachable"] = "refused";
  daemon.nodes["nodes"][1].update(
      {{"live", false}, {"seen_ago_ms", 3'600'000}, {"clock_offset_ms", -12'000}});
  CHECK(daemon.run({"nodes"}, out, err) == 0);
  CHECK(out.find("b     gone            -      -      1h    0.9.0    3f2c    -12.0s  -\n") !=
        std::string::npos);
  CHECK(out.find(
            "the database does not answer, and the table is old: refused\nno node leads: the clock is off\n"
            "b was not seen for 1h\n") != std::string::npos);
  daemon.nodes["database"] = nullptr;
  CHECK(daemon.run({"nodes"}, out, err) == 0);
  CHECK(out.find("the store is a file, which no other node can use\n") != std::string::npos);
  CHECK(daemon.run({"nodes", "-o", "json"}, out, err) == 0);
  CHECK(out == daemon.nodes.dump() + "\n");
}

TEST_CASE("nodes says once which name several daemons that live have") {
  NodesDaemon daemon;
  std::string out, err;
  daemon.nodes["nodes"] = {node_json("a", "leader"), node_json("a", "follower"), node_json("b", "follower")};
  const std::string told =
      "a is the name of 2 daemons that live: give each a cluster.node of its own, and restart it\n";
  CHECK(daemon.run({"nodes"}, out, err) == 0);
  CHECK(out.find(told) != std::string::npos);
  CHECK(out.find(told) == out.rfind(told));
  daemon.nodes["nodes"][1]["live"] = false;
  CHECK(daemon.run({"nodes"}, out, err) == 0);
  CHECK(out.find("is the name of") == std::string::npos);
}

TEST_CASE("switchover waits until another node leads, and says which") {
  NodesDaemon daemon;
  std::string out, err;
  CHECK(daemon.run({"switchover"}, out, err) == 0);
  CHECK(out.find("node b leads, ") == 0);
  CHECK(out.find(" after node a was asked to hand over\n") != std::string::npos);
  CHECK(daemon.run({"switchover", "b", "-o", "json"}, out, err) == 0);
  const NodesJson told = NodesJson::parse(out);
  CHECK(told.at("leader") == "b");
  CHECK(told.at("before") == "a");
  CHECK(told.at("took_ms") > 0);
  // Another one was quicker.
  CHECK(daemon.run({"switchover", "c"}, out, err) == 1);
  CHECK(err == "session-keeper: it was to be node c\n");
  CHECK(daemon.run({"switchover", "nobody"}, out, err) == 1);
  CHECK(err == "session-keeper: there is no node of this name\n");
  CHECK(out.empty());
}

TEST_CASE("at a follower status says in one line who leads, exits 1, and providers says the same") {
  NodesDaemon daemon;
  daemon.status = {
      {"version", "1"},
      {"ready", false},
      {"plans", nullptr},
      {"providers", nullptr},
      {"cluster", {{"node", "b"}, {"leads", false}, {"leader", "a"}, {"leader_address", "10.0.0.1:8470"}}}};
  std::string out, err;
  const std::string line = "this is node b, a follower; node a leads, at 10.0.0.1:8470; ask it there\n";
  CHECK(daemon.run({"status"}, out, err) == 1);
  CHECK(out == line);
  CHECK(daemon.run({"providers"}, out, err) == 0);
  CHECK(out == line);
  daemon.status["cluster"]["leader"] = nullptr;
  CHECK(daemon.run({"status"}, out, err) == 1);
  CHECK(out == "this is node b, a follower; no node leads\n");
  daemon.status = {{"version", "1"}, {"ready", true}, {"plans", NodesJson::array()}, {"cluster", nullptr}};
  CHECK(daemon.run({"status"}, out, err) == 0);
  CHECK(out.find("follower") == std::string::npos);
}

}  // namespace
}  // namespace keeper
