// The commands that order a running daemon to do something: reload, start, stop, pause and resume. They need
// the daemon's control token. Each of them prints the answer and returns the exit code. Main thread.
#pragma once

#include <string>

#include "cli/ask.h"
#include "cli/command_line.h"

namespace keeper {

struct ControlRequest {
  std::string token_file;  // empty: where the daemon puts it
  std::string target;      // a plan; for stop also a session's id, or the begin of one
  std::string until;       // pause: a time; empty: until resume
  std::string reason;      // pause
  bool all = false;        // stop: every plan
  bool cancel = false;     // stop: by the provider's cancel call, where it has one
};

// Reads the token. An empty `token_file` stands for the place where the daemon puts it. Errors: not_applied
// where no daemon answers; denied where the token cannot be read.
Result<Secret> control_token(const Client& client, const std::string& token_file);

int ask_reload(const Asking& asking, const ControlRequest& request, const Terminal& terminal);
int ask_start(const Asking& asking, const ControlRequest& request, const Terminal& terminal);
int ask_stop(const Asking& asking, const ControlRequest& request, const Terminal& terminal);
int ask_pause(const Asking& asking, const ControlRequest& request, const Terminal& terminal);
int ask_resume(const Asking& asking, const ControlRequest& request, const Terminal& terminal);

}  // namespace keeper
