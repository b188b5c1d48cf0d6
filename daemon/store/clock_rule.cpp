#include "store/clock_rule.h"

#include <algorithm>
#include <set>

namespace keeper {
namespace {

// A clock that is set once is not off for long, neither this machine's nor the database's.
constexpr int looks_min = 3;
// Whoever was not seen for longer may have ended.
constexpr Millis seen_lately = Seconds{10};

bool is_heir(const NodeRow& node, const NodeRow& leader) {
  return node.node != leader.node && node.state == NodeState::follower && node.seen_ago <= seen_lately &&
         node.clock_offset && std::chrono::abs(*node.clock_offset) <= clock_offset_max / 2;
}

}  // namespace

bool is_database_off(const std::vector<NodeRow>& nodes) {
  std::optional<Millis> least;
  std::optional<Millis> most;
  std::set<std::string> live;
  for (const NodeRow& node : nodes) {
    if (!is_live(node)) continue;
    if (!node.clock_offset || std::chrono::abs(*node.clock_offset) <= clock_offset_max) return false;
    least = std::min(least.value_or(*node.clock_offset), *node.clock_offset);
    most = std::max(most.value_or(*node.clock_offset), *node.clock_offset);
    live.insert(node.node);
  }
  return live.size() >= 2 && *most - *least <= clock_offset_max;
}

const NodeRow* ClockRule::heir(const NodeRow& leader, const std::optional<Millis>& offset,
                               const std::vector<NodeRow>& nodes) {
  if (!offset) return nullptr;
  looks_ = std::chrono::abs(*offset) > clock_offset_max ? looks_ + 1 : 0;
  if (looks_ < looks_min) return nullptr;
  const NodeRow* best = nullptr;
  for (const NodeRow& node : nodes) {
    if (!is_heir(node, leader)) continue;
    if (best == nullptr || std::chrono::abs(*node.clock_offset) < std::chrono::abs(*best->clock_offset))
      best = &node;
  }
  return best;
}

}  // namespace keeper
