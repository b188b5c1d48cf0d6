// The command line: one subcommand each, printed to the streams it is given, ended with an exit code. Main
// thread. It reads a running daemon over HTTP, or a configuration file; it never opens the store.
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

int run_command_line(int argc, const char* const* argv, const Terminal& terminal);

}  // namespace keeper
