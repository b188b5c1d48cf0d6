// The command `move-store`: it moves a store from its file into a database, or from a database into a new
// file, or makes a store again of the one of them whose store was moved. It prints what it did and returns
// the exit code. Main thread.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "cli/database_request.h"

namespace keeper {

struct MoveRequest {
  std::string from;    // a file, or a database's URL
  DatabaseRequest to;  // where `from` is a URL: the file, and the schema and password of that database
  bool undo = false;
};

int run_move(const MoveRequest& request, const Terminal& terminal);

}  // namespace keeper
