// Notte's current dialect: browser sessions with an idle timeout and a maximum duration.
// One thread at a time (the model's lock).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sandbox/wire.h"
#include "sandbox/world.h"

namespace sandbox {

class Notte {
 public:
  explicit Notte(World& world) : world_(world) {}

  std::optional<Route> route(const Request& request);
  // Nothing if the credential is good.
  std::optional<Answer> refuse(const Request& request) const;
  // Adds the X-RateLimit-* headers to any answer of Notte's.
  void decorate(Answer& answer) const;

  Remote& create(const std::string& credential, NotteSession session);
  void touch(Remote& remote, const char* call);
  void on_due(Remote& remote, Time when);
  void end(Remote& remote, const std::string& as, const std::string& reason, Time when);
  Json describe(const Remote& remote) const;

 private:
  Answer start(const Request& request);
  Answer status(const std::string& id, const Request& request);
  Answer list(const Request& request);
  Answer stop(const std::string& id, const Request& request);
  Answer operate(const std::string& id, const std::string& operation, const Request& request);
  Answer observed(Remote& remote) const;
  Answer side_read(const std::string& id, const std::string& what, const Request& request);
  std::optional<Answer> limit_calls();
  bool at_concurrency_limit();
  void schedule(Remote& remote);
  std::string time_text(Time time) const;

  World& world_;
  std::map<std::string, std::string> started_by_idempotency_key_;
  std::int64_t window_ = 0;
  int calls_in_window_ = 0;
};

// The bearer token, or nothing for another scheme.
std::optional<std::string> bearer_of(const Request& request);

}  // namespace sandbox
