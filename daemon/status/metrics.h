// The daemon's numbers in Prometheus' text format 0.0.4: what is so now, and what was measured meanwhile. No ids as
// labels: their number has no bound. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include <prometheus/metric_family.h>

#include "core/view.h"
#include "status/facts.h"

namespace keeper {

std::string metrics_text(const View& view, const DaemonFacts& facts, std::vector<prometheus::MetricFamily> measured);

}  // namespace keeper
