// A leader that stands still between the last look at its lease and the first byte of a start: for less than
// pause_allowance, and for longer, which is the one case in which a start can be double.
#include <csignal>
#include <fstream>

#include "catch.h"
#include "cluster/cluster_nodes.h"
#include "cluster/delivery_load.h"

using namespace keeper::cluster;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

struct Kind {
  std::string provider;
  std::string session;
  std::string request;  // how a start begins
};

const Kind tagged{"tagged", "{parameters: {keepAlive: true, timeout: 900}, max_duration: 15m}",
                  "POST /browserbase/v1/sessions HTTP"};
const Kind expiring{"agents", "{deployment_id: demo, tag: v1.0}",
                    "POST /ai/v1/ai-deployment-sessions/start HTTP"};

Json remotes(Nodes& nodes) {
  return nodes.sandbox("/remotes").value_or(Json{}).value("remotes", Json::array());
}

std::size_t live(Nodes& nodes) {
  const auto found = nodes.sandbox("/remotes/live");
  REQUIRE(found.has_value());
  return found->at("remotes").size();
}

// A cluster whose first leader, node a, stands still in the middle of the one start that it has to make.
struct Paused {
  explicit Paused(const Kind& kind) : nodes(options_for(kind)), load(nodes.folder() / "load.pem") {
    std::ofstream(nodes.folder() / "pause") << kind.request << std::flush;
    nodes.start("a");
    REQUIRE(
        nodes.eventually(seconds{30}, [&] { return !std::filesystem::exists(nodes.folder() / "pause"); }));
    nodes.note_that_stands("a");
    for (const char* node : {"b", "c"}) nodes.start(node);
    REQUIRE(nodes.wait_for_leader(seconds{30}).has_value());
    REQUIRE(remotes(nodes).empty());
  }

  static NodesOptions options_for(const Kind& kind) {
    NodesOptions options;
    options.pause_allowance = seconds{5};
    options.preloaded = PAUSING_START;
    options.plans = "  one:\n    provider: " + kind.provider +
                    "\n    schedule: {always: true}\n    session: " + kind.session +
                    "\n    on_shutdown: leave\n    keep_alive: true\n";
    return options;
  }

  Nodes nodes;
  Load load;
};

}  // namespace

TEST_CASE("a leader that stands still in a start for less than pause_allowance makes no second one") {
  Paused paused(tagged);
  paused.nodes.live(seconds{1});
  paused.nodes.send("a", SIGCONT);
  REQUIRE(paused.nodes.eventually(seconds{10}, [&] { return remotes(paused.nodes).size() == 1; }));
  paused.nodes.live(seconds{20});
  CHECK(remotes(paused.nodes).size() == 1);
  CHECK(live(paused.nodes) == 1);
  CHECK(paused.nodes.databases.ask("SELECT state FROM session_keeper.sessions") == "active\n");
}

TEST_CASE(
    "a leader that stands still in a start for longer than pause_allowance: a second remote is found and "
    "stopped") {
  Paused paused(tagged);
  Nodes& nodes = paused.nodes;
  // The list of this provider may lag, which is waited out too.
  REQUIRE(nodes.eventually(minutes{2}, [&] { return remotes(nodes).size() == 1; }));
  nodes.send("a", SIGCONT);
  // Where the provider has closed the connection meanwhile, nothing comes of the late start.
  if (nodes.eventually(seconds{10}, [&] { return remotes(nodes).size() == 2; }))
    CHECK(nodes.eventually(minutes{6}, [&] { return live(nodes) == 1; }));
  CHECK(live(nodes) == 1);
  CHECK(nodes.databases.ask("SELECT count(*) FROM session_keeper.sessions WHERE resolved = 0") == "1\n");
}

TEST_CASE("where a start expires with the lease, one that left late is refused by the provider") {
  Paused paused(expiring);
  Nodes& nodes = paused.nodes;
  REQUIRE(nodes.eventually(seconds{28}, [&] { return remotes(nodes).size() == 1; }));
  nodes.send("a", SIGCONT);
  nodes.live(seconds{10});
  CHECK(remotes(nodes).size() == 1);
  CHECK(live(nodes) == 1);
}
