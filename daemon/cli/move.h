// The command `move-store`: it moves a store from its file into a database, or makes a store again of a file
// whose store was moved. It prints what it did and returns the exit code. Main thread.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "cli/database_request.h"

namespace keeper {

struct MoveRequest {
  std::string from;
  DatabaseRequest to;
  bool undo = false;
};

int run_move(const MoveRequest& request, const Terminal& terminal);

}  // namespace keeper
