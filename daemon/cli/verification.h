// The command `verify-store`: it prints what the verification of a store found, and returns the exit code.
// Main thread.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "cli/database_request.h"

namespace keeper {

struct VerifyRequest {
  std::string place;         // a file or a database's URL; empty: the configuration's store
  std::string config;        // its file
  DatabaseRequest database;  // the place's other options, where it is a URL
  bool json = false;
};

int show_verification(const VerifyRequest& request, const Terminal& terminal);

}  // namespace keeper
