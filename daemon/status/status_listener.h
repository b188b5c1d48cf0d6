// The status listener: the API, metrics, the event stream and the pages over HTTP, for people and programs on
// this machine. It has a pool of threads of its own, so that a slow client never delays the loop. Whether the
// address is loopback is checked when the configuration is read, not here.
//
// One thread calls start, stop and the destructor. Any thread may call port and published.
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
  Secret control_token;  // what a POST must bring; if empty, every POST is refused
};

class StatusListener {
 public:
  // The socket listens when this returns. An error names the address and the system's reason.
  static Result<std::unique_ptr<StatusListener>> start(StatusOptions options, StatusPorts ports,
                                                       std::shared_ptr<History> history);
  ~StatusListener();
  StatusListener(const StatusListener&) = delete;
  StatusListener& operator=(const StatusListener&) = delete;

  int port() const;

  // Call it after a new view was published: event streams look for new transitions. Never waits.
  void published();

  // Ends event streams at once, and waits for requests under way and for idle connections: about two seconds.
  void stop();

 private:
  struct Server;
  explicit StatusListener(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace keeper
