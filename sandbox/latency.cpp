#include "sandbox/latency.h"

#include <algorithm>
#include <cmath>

namespace sandbox {
namespace {

// Milliseconds.
struct Profile {
  double fastest;
  double p50;
  double p95;
  double p99;
  double slowest;
};

constexpr Profile kCreate{120, 269, 956, 2250, 135000};
constexpr Profile kRelease{10, 26, 163, 481, 161000};
constexpr double kRows = 34604;

double between(double u, double low, double high, double from, double to) {
  return from * std::pow(to / from, (u - low) / (high - low));
}

}  // namespace

std::chrono::milliseconds measured_latency(Operation operation, double u) {
  const Profile& p = operation == Operation::start ? kCreate : kRelease;
  double value = 0;
  if (u < 0.5) {
    value = between(u, 0, 0.5, p.fastest, p.p50);
  } else if (u < 0.95) {
    value = between(u, 0.5, 0.95, p.p50, p.p95);
  } else if (u < 0.99) {
    value = between(u, 0.95, 0.99, p.p95, p.p99);
  } else {
    // A power law from the 99th percentile to the slowest of all rows.
    const double slope = std::log(p.slowest / p.p99) / std::log(0.01 * kRows);
    value = std::min(p.slowest, p.p99 * std::pow(0.01 / std::max(1 - u, 1 / kRows), slope));
  }
  return std::chrono::milliseconds(std::lround(value));
}

}  // namespace sandbox
