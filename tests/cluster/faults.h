// What goes wrong in a cluster: a table of faults, each with how it strikes. A fault mends itself before it
// returns, but for daemons and servers that need time to come back.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cluster/cluster_nodes.h"

namespace keeper::cluster {

struct Fault {
  std::string name;
  std::function<void(Nodes&, std::mt19937&)> strike;
};

// Where all nodes reach the database by a pooler, which knows one primary.
const std::vector<Fault>& faults();
std::vector<Fault> faults_behind_pooler();

}  // namespace keeper::cluster
