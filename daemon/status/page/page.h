// The pages: HTML documents that need nothing else and work without scripts; the script keeps them fresh, counts the
// deadlines down, and gives control to who has the token. Everything foreign in them is escaped. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/view.h"
#include "status/facts.h"

namespace keeper {

inline constexpr Millis timeline_span = std::chrono::hours{24};

struct StatusPage {
  const View& view;
  const DaemonFacts& facts;
  Wall now{};
  std::vector<TransitionRow> recent{};    // newest first
  std::vector<DeliveryRow> deliveries{};  // newest first
  std::vector<SessionRow> ended{};        // whose remote is gone, and that ended after `ended_from`
  Wall ended_from{};                      // the timeline is drawn from here on
  std::vector<SpentBy> spent{};           // likewise, with those that live
};
std::string to_html(const StatusPage& page);

struct SessionPage {
  const SessionRow& row;
  const SessionView* seen = nullptr;      // null: its remote is gone
  Wall now{};
  std::vector<std::string> explanation{};
  std::vector<TransitionRow> transitions{};  // newest first
  std::vector<DeliveryRow> deliveries{};     // newest first
};
std::string to_html(const SessionPage& page);

// The Content-Security-Policy that allows the pages' own style and script and nothing else.
std::string_view page_policy();

}  // namespace keeper
