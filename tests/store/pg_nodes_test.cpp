// The rows by which nodes know of each other, where several processes have one name.
#include <thread>

#include "store/pg_cluster.h"
#include "store/pg_server.h"
#include "store/pg_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

// A process of node a.
struct Process {
  Process(const PgSettings& settings, const std::string& incarnation) : cluster(settings) {
    row.node = "a";
    row.incarnation = incarnation;
    row.version = "1.0.0";
  }
  std::vector<NodeRow> tell() {
    const Result<ClusterRead> read = cluster.exchange(row, 0);
    if (!read) FAIL(read.error().what);
    return read->nodes;
  }
  PgCluster cluster;
  NodeRow row;
};

void pass() { std::this_thread::sleep_for(std::chrono::milliseconds{20}); }

}  // namespace

TEST_CASE("two processes that live have a row each, though they have one name", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  open_pg(settings).reset();
  Process first(settings, "1");
  REQUIRE(first.tell().size() == 1);
  pass();
  Process second(settings, "2");
  pass();
  second.tell();
  for (int i = 0; i < 3; ++i) {
    pass();
    const std::vector<NodeRow> seen = (i % 2 == 0 ? first : second).tell();
    REQUIRE(seen.size() == 2);
    CHECK(shares_name(seen[0], seen));
    CHECK(shares_name(seen[1], seen));
    CHECK(seen[0].incarnation == "1");
  }
  REQUIRE(second.cluster.leave("a", "2").ok());
  const std::vector<NodeRow> seen = first.tell();
  REQUIRE(seen.size() == 1);
  CHECK_FALSE(shares_name(seen[0], seen));
}

TEST_CASE("a process that began after the last one of its name was seen takes that one's place",
          "[postgresql]") {
  const PgSettings settings = fresh_pg();
  open_pg(settings).reset();
  for (const char* incarnation : {"1", "2", "3"}) {
    Process process(settings, incarnation);
    pass();
    const std::vector<NodeRow> seen = process.tell();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].incarnation == incarnation);
    pass();
  }
}

TEST_CASE("an heir is another process that lives and could lead") {
  ClusterFacts cluster;
  cluster.incarnation = "own";
  NodeRow node;
  node.incarnation = "other";
  for (const NodeState state : all_node_states) {
    node.state = state;
    const bool could =
        state == NodeState::leader || state == NodeState::follower || state == NodeState::config_differs;
    CHECK(is_heir(node, cluster) == could);
  }
  node.state = NodeState::follower;
  node.seen_ago = node_gone_after + Millis{1};
  CHECK_FALSE(is_heir(node, cluster));
  node.seen_ago = Millis{0};
  node.incarnation = "own";
  CHECK_FALSE(is_heir(node, cluster));
}
