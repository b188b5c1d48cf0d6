// The daemon's metrics in Prometheus' text format 0.0.4: gauges of what is so now, and the counters and
// histograms that were measured since the start. No label is an id, because the number of ids has no bound.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include <prometheus/metric_family.h>

#include "core/view.h"
#include "status/facts.h"

namespace keeper {

std::string metrics_text(const View& view, const DaemonFacts& facts,
                         std::vector<prometheus::MetricFamily> measured);

}  // namespace keeper
