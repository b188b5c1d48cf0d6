// VideoSDK Agent Cloud: deployment sessions with their webhooks, and the newer dispatch call.
// One thread at a time (the model's lock).
#pragma once

#include <optional>
#include <string>

#include "sandbox/wire.h"
#include "sandbox/world.h"

namespace sandbox {

class Videosdk {
 public:
  explicit Videosdk(World& world) : world_(world) {}

  std::optional<Route> route(const Request& request);
  void on_due(Remote& remote, Time when);
  // As the provider, or a third party, would end it: closed, error or timed_out.
  void end(Remote& remote, const std::string& as, Time when);
  // The last participant leaves, or one joins; false if the session is not running.
  bool leave(Remote& remote);
  bool join(Remote& remote);
  // In the shape chosen by the switch.
  Answer error(int status, const std::string& message, const std::string& id = {}) const;

 private:
  std::optional<Answer> refuse(const Request& request) const;
  Answer start(const Request& request);
  Answer end_call(const Request& request);
  Answer list(const Request& request);
  Answer details(const std::string& id);
  Answer dispatch(const Request& request);
  Answer create_deployment(const Request& request);
  Remote& create(VideosdkSession session, Json metadata);
  void begin_stop(Remote& remote, const std::string& reason, Time when);
  void set_phase(Remote& remote, Phase phase, Time when);
  void notify(const Remote& remote, const char* suffix);
  Remote* find(const std::string& id);
  Json describe(const Remote& remote) const;
  std::string word(Phase phase) const;
  std::string shown_id(const Remote& remote) const;

  World& world_;
};

}  // namespace sandbox
