// The commands that ask a running daemon and change nothing. Each of them prints the answer to the terminal
// that it is given, and returns the exit code: 0 for an answer, 1 where no daemon answers or it has none.
// Main thread.
#pragma once

#include <string>

#include "cli/client.h"
#include "cli/command_line.h"

namespace keeper {

struct Asking {
  Client client;
  bool json = false;  // the API's answer as it is
};

struct CostRequest {
  std::string since;  // empty: 30 days before `until`
  std::string until;  // empty: now
};

struct ListRequest {
  std::string plan;
  std::string provider;
  std::string state;    // or disposition
  std::string session;  // an id, or the begin of one
  int limit = 100;
  bool follow = false;
};

int ask_status(const Asking& asking, const Terminal& terminal);
// Prints the status again and again until its output is closed. While no daemon answers it says so and goes
// on.
int watch_status(const Asking& asking, const Terminal& terminal);
int ask_plans(const Asking& asking, const Terminal& terminal);
int ask_sessions(const Asking& asking, const ListRequest& list, const Terminal& terminal);
int ask_session(const Asking& asking, const std::string& id, const Terminal& terminal);
int ask_history(const Asking& asking, const ListRequest& list, const Terminal& terminal);
int ask_cost(const Asking& asking, const CostRequest& request, const Terminal& terminal);
int ask_notifications(const Asking& asking, const ListRequest& list, const Terminal& terminal);
int ask_missed(const Asking& asking, const ListRequest& list, const Terminal& terminal);
int ask_deliveries(const Asking& asking, const ListRequest& list, const Terminal& terminal);
int ask_explain(const Asking& asking, const std::string& id, const Terminal& terminal);
int ask_providers(const Asking& asking, const Terminal& terminal);
int ask_orphans(const Asking& asking, const Terminal& terminal);

// The whole id of the one session whose id begins with `begin`. Errors: gone where there is none, malformed
// where there are several.
Result<std::string> whole_id(const Client& client, const std::string& begin);

}  // namespace keeper
