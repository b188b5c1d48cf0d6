// The command `backup`: it writes a whole copy of the running daemon's store, or of the store in a database,
// into a file on this machine, and checks the copy. It prints how that went and returns the exit code. Main
// thread.
#pragma once

#include <string>

#include "cli/ask.h"
#include "cli/database_request.h"

namespace keeper {

struct BackupRequest {
  std::string file;        // must not exist
  std::string token_file;  // empty: where the daemon puts it
  bool verify = true;      // what was written, as verify-store does
  DatabaseRequest from;    // empty URL: the running daemon's store
};

int ask_backup(const Asking& asking, const BackupRequest& request, const Terminal& terminal);

}  // namespace keeper
