// The status listener: JSON, metrics, events and the page, for people and programs on this machine. A small
// pool of threads of its own; a slow reader never holds up the loop. Loopback is for the configuration to
// enforce. start, stop and the destructor: one thread; port and published: any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "settings/settings.h"
#include "status/facts.h"
#include "store/history.h"

namespace keeper {

struct StatusOptions {
  Address listen{"127.0.0.1", 8470};
  std::vector<std::string> allowed_hosts;
  Secret control_token;  // what POST needs; empty: no POST is taken
};

class StatusListener {
 public:
  // Listens when it returns. An error names the address and what the system said of it.
  static Result<std::unique_ptr<StatusListener>> start(StatusOptions options, StatusPorts ports,
                                                       std::shared_ptr<History> history);
  ~StatusListener();
  StatusListener(const StatusListener&) = delete;
  StatusListener& operator=(const StatusListener&) = delete;

  int port() const;

  // A new view is out: streams of events look for new transitions. Never waits.
  void published();

  // Ends streams at once; waits for requests under way and idle connections, two seconds or so.
  void stop();

 private:
  struct Server;
  explicit StatusListener(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace keeper
