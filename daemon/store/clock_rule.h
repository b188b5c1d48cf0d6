// ClockRule: when a leader hands over because its wall clock is off, and to which node. Wall clocks are
// compared with the database's. The leader stays where no other node lives whose clock is right: where the
// clock of the database itself is wrong, each node is off by as much. A node takes over only while it is well
// within the limit, so that two nodes near the limit never hand the lead to and fro. One thread at a time.
//
// Example: the leader is 5 s off, node b is 5 s off and node c 20 ms. The third look in a row that shows this
// names c. Without c nobody is named, for as long as it lasts.
#pragma once

#include "store/cluster.h"

namespace keeper {

// A wall clock that is further from the database's starts sessions at other times than the other nodes' do.
inline constexpr Millis clock_offset_max = Seconds{2};

// Whether it is the database's clock that is off: those of all nodes that live, two at least, are off by as
// much.
bool is_database_off(const std::vector<NodeRow>& nodes);

class ClockRule {
 public:
  // Each time that the leader has read what the nodes tell. `offset`: of its own clock; empty: it took too
  // long to say. Gives the node to hand over to; null: the leader stays.
  const NodeRow* heir(const NodeRow& leader, const std::optional<Millis>& offset,
                      const std::vector<NodeRow>& nodes);

 private:
  int looks_ = 0;  // in a row that showed that its clock is off
};

}  // namespace keeper
