// sim: runs seeds of the simulation. `sim --seed N` replays one with its log; `sim --seeds M` runs many.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "sim/simulation.h"

int main(int argc, char** argv) {
  std::uint64_t seed = 0;
  std::uint64_t seeds = 2000;
  std::uint64_t from = 1;
  CLI::App app{"The seeded simulator"};
  app.add_option("--seed", seed, "replay this seed and print its log");
  app.add_option("--seeds", seeds, "how many seeds to run");
  app.add_option("--from", from, "the first of them");
  CLI11_PARSE(app, argc, argv);
  using namespace keeper::sim;
  if (seed != 0) {
    const Verdict verdict = Simulation({seed, true}).run();
    std::printf("%s\n", verdict.broken.empty() ? "every invariant held" : verdict.broken.c_str());
    return verdict.broken.empty() ? 0 : 1;
  }
  Verdict all;
  std::uint64_t broken = 0;
  for (std::uint64_t n = from; n < from + seeds; ++n) {
    const Verdict verdict = Simulation({n, false}).run();
    all.starts += verdict.starts;
    all.crashes += verdict.crashes;
    all.rollovers += verdict.rollovers;
    all.deliveries += verdict.deliveries;
    all.adopted += verdict.adopted;
    all.lasted += verdict.lasted;
    if (!verdict.broken.empty()) {
      ++broken;
      std::printf("%s\n", verdict.broken.c_str());
    }
  }
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(all.lasted).count();
  std::printf("%llu seeds, %lld virtual hours: %d starts, %d crashes, %d rollovers, %d deliveries, %d adopted\n",
              static_cast<unsigned long long>(seeds), static_cast<long long>(hours), all.starts, all.crashes,
              all.rollovers, all.deliveries, all.adopted);
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(seeds - broken),
              static_cast<unsigned long long>(broken));
  // Faults that never happen would hide bugs as well as a check that never fails.
  const bool exercised = seeds < 200 || (all.crashes > 0 && all.rollovers > 0 && all.deliveries > 0 && all.adopted > 0);
  return broken == 0 && exercised ? 0 : 1;
}
