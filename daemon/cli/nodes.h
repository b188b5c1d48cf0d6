// The commands that look at the nodes of a store in a database, and have the leader hand over. Each prints
// to the terminal that it is given, and returns the exit code. Main thread.
#pragma once

#include <string>

#include "cli/ask.h"
#include "cli/command_line.h"
#include "cli/control.h"

namespace keeper {

int ask_nodes(const Asking& asking, const Terminal& terminal);

// Asks the leader to hand over to the target, or to any other node where that is empty. Waits for up to 30
// seconds until another node leads, and says which. 1 where none does by then, or another than the target.
int ask_switchover(const Asking& asking, const ControlRequest& request, const Terminal& terminal);

// "this is node b, a follower; node a leads, at 10.0.0.1:8470; ask it there", from the member `cluster` of an
// answer. Empty where the daemon that gave it leads.
std::string told_follower(const nlohmann::json& answer);

}  // namespace keeper
