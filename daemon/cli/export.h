// The command `export`: it prints all transitions that a running daemon has, the oldest first, as JSON lines
// or CSV. It returns the exit code. Main thread.
#pragma once

#include <string>

#include "cli/ask.h"

namespace keeper {

struct ExportRequest {
  std::string since;             // recorded at this time or later; empty: all
  std::string format = "jsonl";  // or "csv": RFC 4180, with a line of names
};

int ask_export(const Asking& asking, const ExportRequest& request, const Terminal& terminal);

}  // namespace keeper
