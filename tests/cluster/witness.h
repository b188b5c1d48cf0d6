// What the promises say of a round of faults, judged by what the providers' sandbox saw and by the rows of
// the database, and not by any daemon's word.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cluster/cluster_nodes.h"

namespace keeper::cluster {

struct Seen {
  int starts = 0;      // remotes that the sandbox made
  int sessions = 0;    // rows
  int deliveries = 0;  // acknowledged ones
  std::vector<std::string> broken;
};

// What must hold at any moment: no session is started twice, none lapses, each delivery that was acknowledged
// is a row once, and no node says that the database has lost commits.
Seen look(Nodes& nodes, const std::set<std::string>& acknowledged);

// The remotes that the sandbox has made until now, by their ids.
std::set<std::string> made_until_now(Nodes& nodes);

// And what holds once the nodes have had the time to look for what they lost: every remote of `made`, which
// is of before that time, has its session, so that none is an orphan; each that lives is one that a session
// says lives. A start whose answer has just been lost leaves a remote without its session for a moment, at
// any time.
Seen look_when_settled(Nodes& nodes, const std::set<std::string>& made,
                       const std::set<std::string>& acknowledged);

// The same after the database has lost acknowledged commits: deliveries and the rows of what has ended may be
// gone, but what lives has its session, and somebody must have told of the loss.
Seen look_after_loss(Nodes& nodes);

}  // namespace keeper::cluster
