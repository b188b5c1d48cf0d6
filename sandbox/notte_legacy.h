// Notte's legacy dialect of early 2025: /session/* and /env/*, over the same sessions.
// One thread at a time (the model's lock).
#pragma once

#include <optional>
#include <string>

#include "sandbox/notte.h"

namespace sandbox {

class NotteLegacy {
 public:
  NotteLegacy(World& world, Notte& notte) : world_(world), notte_(notte) {}

  std::optional<Route> route(const Request& request);

 private:
  struct Fields {
    std::string session_id;
    int timeout_minutes = 5;
    bool keep_alive = false;
    bool keep_alive_in_query = false;
    // Empty if all is well.
    std::string problem;
  };

  Fields read(const Request& request) const;
  Answer start(const Request& request);
  Answer close(const Request& request);
  Answer operate(const std::string& operation, const Request& request);
  Remote& create(const Fields& fields, const Request& request);
  Json describe(const Remote& remote) const;
  Json session_answer(const Remote& remote) const;

  World& world_;
  Notte& notte_;
};

}  // namespace sandbox
