// What the page says of the nodes that share a database: one line below the heading, a list of what is not
// as it should be, and at a follower where the leader is. Only status/page/ uses it. Pure functions.
#pragma once

#include "status/facts.h"
#include "status/page/html.h"

namespace keeper {

// "node a leads since 09:00, b and c stand by", in red while tell_cluster_troubles() has something to tell.
void write_cluster_line(Html& html, const ClusterFacts& cluster);

// One item each: no leader, a database that does not answer or has no standby, and nodes that could not take
// over.
void tell_cluster_troubles(Html& list, const ClusterFacts& cluster);

// Where what runs is to be seen. Nothing where no node leads.
void write_way_to_leader(Html& html, const ClusterFacts& cluster);

}  // namespace keeper
