// Tables that both pages have. Only status/page/ uses it.
#pragma once

#include <vector>

#include "core/model.h"
#include "status/page/html.h"

namespace keeper {

// As mood_of(state), but calm for a session of `plan` that timed out as planned. `config` may be null.
std::string_view mood_of(State state, Reason reason, const PlanName& plan, const Config* config);

// `config`: see mood_of().
void write_transitions(Html& html, std::string_view title, const std::vector<TransitionRow>& rows,
                       const Config* config);
void write_deliveries(Html& html, std::string_view title, const std::vector<DeliveryRow>& rows);

// Four cells: the next heartbeat, idle deadline, rollover and hard deadline. They are empty where `seen` is
// null.
void write_deadline_cells(Html& html, const SessionView* seen);

}  // namespace keeper
