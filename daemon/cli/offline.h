// The commands that need no daemon, because they only read a configuration file or a cron expression. Each of
// them prints what it finds and returns the exit code. Main thread.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "config/config.h"

namespace keeper {

struct CheckRequest {
  std::string file;
  bool strict = false;
  bool online = false;  // ask each provider whether it accepts the credentials
  bool json = false;
};

struct NextRequest {
  std::string plan;  // empty: all plans of the file
  std::string config;
  std::string cron;  // alone, without a file
  std::string time_zone = "UTC";
  std::string from;  // empty: now; exclusive
  int count = 10;
  bool json = false;
};

int check_config(const CheckRequest& request, const Terminal& terminal);
// The ready-made descriptions of providers, and where each comes from.
int list_descriptions(const LoadOptions& options, bool json, const Terminal& terminal);
int show_next(const NextRequest& request, const Terminal& terminal);

}  // namespace keeper
