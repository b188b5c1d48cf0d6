// When a leader hands over because its clock is off.
#include "store/clock_rule.h"

#include "catch.h"

namespace keeper {
namespace {

NodeRow node_at(const std::string& name, std::optional<Millis> offset) {
  NodeRow node;
  node.node = name;
  node.clock_offset = offset;
  node.state =
      offset && std::chrono::abs(*offset) > clock_offset_max ? NodeState::clock_off : NodeState::follower;
  return node;
}

// Whom the leader, node a, names in the end.
std::string heir(std::optional<Millis> offset, const std::vector<NodeRow>& others) {
  ClockRule rule;
  NodeRow leader = node_at("a", offset);
  leader.state = NodeState::leader;
  std::vector<NodeRow> nodes{leader};
  nodes.insert(nodes.end(), others.begin(), others.end());
  const NodeRow* named = nullptr;
  for (int i = 0; i < 100; ++i) named = rule.heir(leader, offset, nodes);
  return named ? named->node : "";
}

}  // namespace

TEST_CASE("a leader whose clock is off hands over to the node whose clock is nearest to the database's") {
  for (const Millis off : {Millis{2001}, Millis{-5000}}) {
    CHECK(heir(off, {node_at("b", Millis{-900}), node_at("c", Millis{20})}) == "c");
    CHECK(heir(off, {node_at("b", Millis{-10}), node_at("c", Millis{20})}) == "b");
  }
}

TEST_CASE("a leader whose clock is right, or is not known, stays") {
  CHECK(heir(Millis{2000}, {node_at("b", Millis{0})}).empty());
  CHECK(heir(Millis{-2000}, {node_at("b", Millis{0})}).empty());
  CHECK(heir(std::nullopt, {node_at("b", Millis{0})}).empty());
}

TEST_CASE("a leader whose clock is off stays where no other node that lives could do better") {
  CHECK(heir(Seconds{5}, {}).empty());
  // The clock of the database is wrong.
  CHECK(heir(Seconds{5}, {node_at("b", Seconds{5}), node_at("c", Millis{4990})}).empty());
  // Near the limit, so that the lead would soon come back.
  CHECK(heir(Millis{2100}, {node_at("b", Millis{1100})}).empty());
  CHECK(heir(Seconds{5}, {node_at("b", std::nullopt)}).empty());
  NodeRow gone = node_at("b", Millis{0});
  gone.seen_ago = Seconds{11};
  CHECK(heir(Seconds{5}, {gone}).empty());
  for (const NodeState state : {NodeState::config_differs, NodeState::too_old, NodeState::not_durable}) {
    NodeRow unable = node_at("b", Millis{0});
    unable.state = state;
    CHECK(heir(Seconds{5}, {unable}).empty());
  }
}

TEST_CASE("a clock that is set right again within two looks costs no hand-over") {
  ClockRule rule;
  const std::vector<NodeRow> nodes{node_at("a", Seconds{5}), node_at("b", Millis{0})};
  for (int i = 0; i < 10; ++i) {
    CHECK(rule.heir(nodes[0], Seconds{5}, nodes) == nullptr);
    CHECK(rule.heir(nodes[0], Seconds{5}, nodes) == nullptr);
    CHECK(rule.heir(nodes[0], Millis{0}, nodes) == nullptr);
  }
  rule.heir(nodes[0], Seconds{5}, nodes);
  CHECK(rule.heir(nodes[0], std::nullopt, nodes) == nullptr);
  CHECK(rule.heir(nodes[0], Seconds{5}, nodes) == nullptr);
  CHECK(rule.heir(nodes[0], Seconds{5}, nodes) == &nodes[1]);
}

TEST_CASE("it is the database's clock that is off where those of all nodes that live are off by as much") {
  const auto a = node_at("a", Seconds{3600});
  const auto b = node_at("b", Seconds{3601});
  CHECK(is_database_off({a, b}));
  CHECK(is_database_off({node_at("a", Seconds{-3600}), node_at("b", Seconds{-3600})}));
  CHECK_FALSE(is_database_off({a, b, node_at("c", Seconds{0})}));
  CHECK_FALSE(is_database_off({a, b, node_at("c", std::nullopt)}));
  CHECK_FALSE(is_database_off({a, node_at("b", Seconds{-3600})}));
  // Of one node nobody knows which of the two is wrong.
  CHECK_FALSE(is_database_off({}));
  CHECK_FALSE(is_database_off({a}));
  CHECK_FALSE(is_database_off({a, a}));
  NodeRow gone = node_at("c", Seconds{0});
  gone.seen_ago = Seconds{21};
  CHECK(is_database_off({a, b, gone}));
}

}  // namespace keeper
