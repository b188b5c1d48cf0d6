// What becomes of the sessions of plans with `on_shutdown: stop` when a node ends.
#include <algorithm>
#include <csignal>

#include "catch.h"
#include "cluster/cluster_nodes.h"
#include "cluster/delivery_load.h"

using namespace keeper::cluster;
using std::chrono::seconds;

namespace {

NodesOptions stopping_plan() {
  NodesOptions options;
  options.plans =
      "  one:\n    provider: tagged\n    schedule: {always: true}\n    session: {parameters: {keepAlive: "
      "true, "
      "timeout: 900}, max_duration: 15m}\n    on_shutdown: stop\n    keep_alive: true\n";
  return options;
}

std::size_t living(Nodes& nodes) {
  const auto found = nodes.sandbox("/remotes/live");
  REQUIRE(found.has_value());
  return found->at("remotes").size();
}

// Node a leads, and knows node b.
void begin_two(Nodes& nodes) {
  const Load load(nodes.folder() / "load.pem");  // which the configuration names
  nodes.start("a");
  REQUIRE(nodes.wait_for_leader(seconds{60}) == "a");
  nodes.start("b");
  REQUIRE(nodes.eventually(seconds{60}, [&] {
    const auto known = nodes.get("a", Nodes::status_port, "/api/v1/nodes");
    return known && known->at("nodes").size() == 2 && living(nodes) == 1;
  }));
}

}  // namespace

TEST_CASE("a node that ends while another one lives leaves the sessions to it") {
  Nodes nodes(stopping_plan());
  begin_two(nodes);
  CHECK(nodes.end("a", SIGTERM) == 0);
  CHECK(living(nodes) == 1);
  CHECK(nodes.wait_for_leader(seconds{30}) == "b");
  nodes.live(seconds{3});
  CHECK(living(nodes) == 1);
}

TEST_CASE("the last node stops the sessions, though another one was killed just before it was told to end") {
  Nodes nodes(stopping_plan());
  begin_two(nodes);
  nodes.end("b", SIGKILL);
  CHECK(nodes.end("a", SIGTERM) == 0);
  CHECK(living(nodes) == 0);
}
