// Tables that both pages have. Only status/page/ uses it.
#pragma once

#include <vector>

#include "core/model.h"
#include "status/page/html.h"

namespace keeper {

void write_transitions(Html& html, std::string_view title, const std::vector<TransitionRow>& rows);
void write_deliveries(Html& html, std::string_view title, const std::vector<DeliveryRow>& rows);

// Four cells: the next heartbeat, idle deadline, rollover and hard deadline. They are empty where `seen` is
// null.
void write_deadline_cells(Html& html, const SessionView* seen);

}  // namespace keeper
