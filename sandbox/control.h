// The control plane: remotes, clock, faults, webhooks, the log of calls. JSON over HTTP.
// Many threads at once.
#pragma once

#include "sandbox/http_server.h"
#include "sandbox/providers.h"
#include "sandbox/world.h"

namespace sandbox {

class Control {
 public:
  Control(World& world, Providers& providers) : world_(world), providers_(providers) {}

  void serve(const httplib::Request& in, httplib::Response& out);
  // The same for a caller in this process.
  Answer answer(const Request& request);

 private:
  Answer remotes(bool only_live);
  Answer advance(const Request& request);
  Answer end_remote(const std::string& id, const Request& request);
  Answer move_participant(const std::string& id, bool join);
  Answer add_fault(const Request& request);
  Answer clear_faults();
  Answer configure_webhooks(const Request& request);
  Answer calls(const Request& request);

  World& world_;
  Providers& providers_;
};

}  // namespace sandbox
