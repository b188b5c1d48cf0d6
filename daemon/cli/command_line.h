// The command line: it parses the arguments, runs the one subcommand that they name, prints to the streams
// that it is given, and returns the exit code. A subcommand calls a running daemon over HTTP, or reads a
// configuration file. Of the commands, `backup`, `move-store`, `probe` and `verify-store` alone
// open a store. Main thread.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

namespace keeper {

inline constexpr int exit_usage = 2;
inline constexpr int exit_not_running = 3;  // `status` alone
inline constexpr int exit_bad_configuration = 78;

struct RunRequest {
  std::string config;
  std::string log_level;   // empty: info
  std::string log_format;  // empty: as standard error asks for
};

// What the commands need of the process around them.
struct Terminal {
  std::ostream& out;
  std::ostream& err;
  int columns = 80;  // 0: as wide as the text
  bool colour = false;
  std::function<int(const RunRequest&)> run;  // the daemon, in the foreground
  bool screen = false;                        // a terminal that can be cleared
};

// 1 as well where the command did its work and standard output did not take it all.
int run_command_line(int argc, const char* const* argv, const Terminal& terminal);

}  // namespace keeper
