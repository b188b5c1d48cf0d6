// The pages: HTML documents that load nothing else and work without scripts. The script refreshes them,
// counts deadlines down, and offers control to those who have the control token. Everything foreign in them
// is escaped.
//
// Pure; any thread.
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
  std::vector<SessionRow> ended{};        // that ended after `ended_from`, and whose remote is gone
  Wall ended_from{};                      // the timeline begins here
  std::vector<SpentBy> spent{};           // of the last 24 hours, live sessions included
};
std::string to_html(const StatusPage& page);

struct SessionPage {
  const SessionRow& row;
  const SessionView* seen = nullptr;  // null after its remote is gone
  const Config* config = nullptr;     // null before the first view
  Wall now{};
  std::vector<std::string> explanation{};
  std::vector<TransitionRow> transitions{};  // newest first
  std::vector<DeliveryRow> deliveries{};     // newest first
};
std::string to_html(const SessionPage& page);

// The Content-Security-Policy that allows the pages' own style and script and nothing else.
std::string_view page_policy();

}  // namespace keeper
