// Which scheduled times of a plan are done with: those that were begun or passed over, and the windows that
// were opened. They are kept as stretches, so that a clock that was wrong for a while gives away no time but
// those that it passed through. At most handled_max stretches are kept; beyond that the two whose gap is the
// smallest become one, and all between them counts as done with. Stretches before and after `now` are never
// joined. Functions over a row; any thread.
//
// Example: a plan with a start every second ran until 10:00, then for a minute by a clock that showed 2030.
// The stretches end at 10:00 and lie in 2030, and 10:01 of today is not done with.
#pragma once

#include <cstddef>

#include "core/model.h"

namespace keeper {

inline constexpr std::size_t handled_max = 64;

bool is_handled(const PlanRow& row, Wall time);
void mark_handled(PlanRow& row, Wall time, Wall now);
// The first time from this one on that is not done with.
Wall free_from(const PlanRow& row, Wall time);

}  // namespace keeper
