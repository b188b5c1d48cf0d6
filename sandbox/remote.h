// A session at a provider, as the sandbox keeps it, in the provider's own words.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sandbox/codec.h"
#include "sandbox/time.h"
#include "sandbox/wire.h"

namespace sandbox {

struct NotteSession {
  int idle_minutes = 3;
  std::optional<int> max_minutes;
  bool idle_expires = true;
  bool legacy = false;
  // The settings echoed by a read, in the order of the documented answer.
  Json settings = Json::object();
  std::string error;
};

enum class Phase { queued, running, stopping, completed, failed };

struct VideosdkSession {
  Phase phase = Phase::queued;
  std::string deployment_id;
  std::string tag;
  std::string endpoint;
  std::vector<std::string> events;
  bool has_webhook = false;
  // What becomes of it once queued, as switched when it was created.
  bool will_fail = false;
  bool has_participant = true;
  Time updated_at;
};

struct SonoranSession {
  std::int64_t server_id = 0;
  std::string community;
  std::string started_by;
  std::string ended_by;
  std::string cancelled_by;
};

// At a vendor that the engine of sandbox/vendors serves.
struct VendorSession {
  Json asked = Json::object();  // the start's body
  Json tags = Json::object();
  std::string id;                                         // chosen by the caller; empty: by the vendor
  std::string name;                                       // unique among those that live; may be empty
  std::optional<std::chrono::milliseconds> idle;          // after the last activity it ends
  std::optional<Time> runs_at;                            // until then it is starting
  std::optional<Time> deadline;                           // at which it ends, whatever happens
  std::optional<Time> latest;                             // beyond which no call moves the deadline
  std::optional<std::chrono::milliseconds> erased_after;  // its end; else when it is asked for
  std::optional<Time> erased_at;                          // from which on it is not known
};

struct Remote {
  std::string id;
  Provider provider;
  std::string state;
  Time created_at;
  Time last_activity_at;
  std::string credential;
  Json metadata = Json::object();
  std::variant<NotteSession, VideosdkSession, SonoranSession, VendorSession> own;

  std::optional<Time> ended_at{};
  std::string end_reason{};
  // Kept by the ledger.
  std::size_t index = 0;
  std::optional<Time> due{};
};

}  // namespace sandbox
