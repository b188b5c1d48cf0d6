// Where a store for several machines is, and how this daemon takes part in it. Plain values; any thread.
#pragma once

#include <string>

#include "base/secret.h"
#include "base/time.h"

namespace keeper {

// What keeps an acknowledged commit when the server's machine is lost.
enum class Durability {
  replicated,  // a synchronous standby: without one no node leads
  local,       // nothing: one server
  managed,     // what the operator of the database promises, which cannot be looked up
};

struct PgSettings {
  Secret url;       // in libpq's form, and may hold a password
  Secret password;  // empty: as the URL or libpq's own files say
  std::string schema = "session_keeper";
  std::string node;  // unique among the daemons of the store
  Millis lease = Seconds{10};
  Millis pause_allowance = Seconds{60};  // how long a leader that was paused may still send a start
  Durability durability = Durability::replicated;
  std::string config_hash{};  // of what all nodes must have alike (config/readers.h), hex
  bool operator==(const PgSettings&) const = default;
};

}  // namespace keeper
