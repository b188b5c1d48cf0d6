// Sonoran CMS v2: one session per community and server, addressed by the server alone.
// One thread at a time (the model's lock).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "sandbox/rate_window.h"
#include "sandbox/wire.h"
#include "sandbox/world.h"

namespace sandbox {

class Sonoran {
 public:
  enum class Outcome { created, existing, conflict, session_error, not_found, row, none, unknown_server };
  struct Result {
    Outcome outcome;
    const Remote* remote = nullptr;
  };
  struct Target {
    std::string credential;
    std::int64_t server_id = 0;
    std::string account_id;
  };

  explicit Sonoran(World& world) : world_(world) {}

  std::optional<Route> route(const Request& request);
  // What both versions of the API do, without their clothing.
  Result start(const Target& target);
  Result finish(const Target& target, bool cancel);
  Result current(const Target& target);
  // As a third party would end it.
  void end(Remote& remote, const std::string& as, Time when);

  Json row(const Remote& remote) const;
  Answer problem(int status, const std::string& detail, const Request& request, const std::string& id = {});
  Answer gateway_limit(std::optional<std::chrono::seconds> wait);

 private:
  enum class Limit { current, start, stop, cancel };

  std::optional<Answer> refuse(const Request& request);
  std::optional<Answer> limit(const Request& request, Limit which);
  Answer serve_current(const Request& request);
  Answer serve_start(const Request& request);
  Answer serve_finish(const Request& request, bool cancel);
  // The target named by the body, or why it names none.
  std::pair<Target, std::string> target_of(const Request& request) const;
  Answer envelope(int status, const Remote* remote, const Request& request);
  Answer refusal(const Result& result, const Request& request);
  Remote* active(const Target& target);
  bool known_server(std::int64_t server_id) const;
  std::string time_text(Time time) const;

  World& world_;
  // The latest session of each credential and server, running or not.
  std::map<std::pair<std::string, std::int64_t>, std::size_t> latest_;
  std::map<std::pair<std::string, Limit>, RateWindow> windows_;
};

// The community that a key belongs to; the same for the same key.
std::string community_of(const std::string& key);

}  // namespace sandbox
