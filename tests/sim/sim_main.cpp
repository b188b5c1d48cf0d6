// sim: runs seeds of the simulation. `sim --seed N` replays one with its log; `sim --seeds M` runs many;
// `sim --mutant NAME` plants a bug and succeeds if an invariant sees it; `sim --mutants` prints their names;
// `sim --world NAME` turns one unkind world on in each seed; `sim --worlds` lists them;
// `sim --hashes` prints the hash of each seed's log, so that a change that should not be seen can be told
// from one that is.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "sim/sim_cluster.h"

namespace {

using namespace keeper::sim;

Verdict run(const Options& options) {
  return options.cluster ? Cluster(options).run() : Simulation(options).run();
}

int replay(const Options& options) {
  const Verdict verdict = run(options);
  std::printf("%s\nlog hash %016llx\n",
              verdict.broken.empty() ? "every invariant held" : verdict.broken.c_str(),
              static_cast<unsigned long long>(verdict.log_hash));
  return verdict.broken.empty() ? 0 : 1;
}

Verdict run_seed(Options options, std::uint64_t seed) {
  options.seed = seed;
  return run(options);
}

int catch_mutant(std::uint64_t from, std::uint64_t seeds, const Options& options) {
  for (std::uint64_t n = from; n < from + seeds; ++n) {
    const Verdict verdict = run_seed(options, n);
    if (verdict.broken.empty()) continue;
    std::printf("caught by seed %llu: %s\n", static_cast<unsigned long long>(n), verdict.broken.c_str());
    return 0;
  }
  std::printf("no invariant saw the planted bug in %llu seeds\n", static_cast<unsigned long long>(seeds));
  return 1;
}

// The other way round: a world that the program is known to fail in. Once it holds, the table of worlds is to
// say so.
int expect_broken(std::uint64_t from, std::uint64_t seeds, const Options& options, const std::string& world) {
  for (std::uint64_t n = from; n < from + seeds; ++n) {
    const Verdict verdict = run_seed(options, n);
    if (verdict.broken.empty()) continue;
    std::printf("still broken: %s\n", verdict.broken.c_str());
    return 0;
  }
  std::printf("world %s holds now: move it to the ordinary ones\n", world.c_str());
  return 1;
}

int print_worlds() {
  for (const WorldEntry& entry : worlds()) {
    std::printf("%-22s %s\n", entry.name.c_str(), entry.sentence.c_str());
    if (!entry.message.empty()) {
      std::printf("%-22s broken: seed %llu: %s\n", "", static_cast<unsigned long long>(entry.seed),
                  entry.message.c_str());
    }
  }
  return 0;
}

int print_mutants() {
  for (const Mutant& one : mutants()) std::printf("%s\n", std::string(one.name).c_str());
  return 0;
}

int print_hashes(std::uint64_t from, std::uint64_t seeds, const Options& options) {
  for (std::uint64_t n = from; n < from + seeds; ++n) {
    const Verdict verdict = run_seed(options, n);
    std::printf("%llu %016llx%s\n", static_cast<unsigned long long>(n),
                static_cast<unsigned long long>(verdict.log_hash), verdict.broken.empty() ? "" : " broken");
  }
  return 0;
}

void add(const Verdict& one, Verdict& all) {
  all.starts += one.starts;
  all.crashes += one.crashes;
  all.rollovers += one.rollovers;
  all.deliveries += one.deliveries;
  all.adopted += one.adopted;
  all.orphans += one.orphans;
  all.outages += one.outages;
  all.lasted += one.lasted;
  all.messages += one.messages;
  all.troubles += one.troubles;
  all.session_time += one.session_time;
  all.takeovers += one.takeovers;
  all.handovers += one.handovers;
}

void print(const Verdict& all, bool cluster) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(all.lasted).count();
  const auto session_hours = std::chrono::duration_cast<std::chrono::hours>(all.session_time).count();
  std::printf("%lld virtual hours, %lld session-hours: %d starts, ", static_cast<long long>(hours),
              static_cast<long long>(session_hours), all.starts);
  if (cluster) {
    std::printf("%d troubles, %d takeovers, %d handovers, %d deliveries, %d adopted, %d orphans\n",
                all.troubles, all.takeovers, all.handovers, all.deliveries, all.adopted, all.orphans);
  } else {
    std::printf(
        "%d crashes, %d rollovers, %d deliveries, %d adopted, %d orphans, %d outages, %d messages, %d "
        "troubles of the disk\n",
        all.crashes, all.rollovers, all.deliveries, all.adopted, all.orphans, all.outages, all.messages,
        all.troubles);
  }
}

// Faults that never happen would hide bugs as well as a check that never fails.
bool is_exercised(const Verdict& all, const Options& options) {
  if (options.cluster) {
    return all.troubles > 0 && all.takeovers > 0 && all.handovers > 0 && all.deliveries > 0 &&
           all.adopted > 0;
  }
  return !options.worlds.empty() ||
         (all.crashes > 0 && all.rollovers > 0 && all.deliveries > 0 && all.adopted > 0 && all.orphans > 0 &&
          all.outages > 0 && all.messages > 0 && all.troubles > 0);
}

int run_many(std::uint64_t from, std::uint64_t seeds, const Options& options) {
  Verdict all;
  std::uint64_t broken = 0;
  for (std::uint64_t n = from; n < from + seeds; ++n) {
    const Verdict verdict = run_seed(options, n);
    add(verdict, all);
    if (verdict.broken.empty()) continue;
    ++broken;
    std::printf("%s\n", verdict.broken.c_str());
  }
  print(all, options.cluster);
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(seeds - broken),
              static_cast<unsigned long long>(broken));
  return broken == 0 && (is_exercised(all, options) || seeds < 200) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  // Worlds come and go: memory given back to the system and asked for again took half of the time.
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
  std::uint64_t seed = 0;
  std::uint64_t seeds = 2000;
  std::uint64_t from = 1;
  std::uint64_t long_times = 20;
  std::string mutant;
  std::string world;
  bool hashes = false;
  bool list = false;
  bool list_worlds = false;
  bool broken = false;
  bool disk = false;
  bool draw = false;
  bool cluster = false;
  CLI::App app{"The seeded simulator"};
  app.add_option("--seed", seed, "replay this seed and print its log");
  app.add_option("--seeds", seeds, "how many seeds to run");
  app.add_option("--from", from, "the first of them");
  app.add_option("--long-times", long_times, "how many times as many in the long form of the tests");
  app.add_flag("--disk", disk, "give the disk its troubles in each seed");
  app.add_flag("--cluster", cluster, "several nodes over one database");
  app.add_flag("--hashes", hashes, "print the hash of each seed's log, and judge nothing");
  app.add_flag("--mutants", list, "print the names of the bugs that can be planted");
  std::vector<std::string> bugs;
  for (const Mutant& one : mutants()) bugs.emplace_back(one.name);
  app.add_option("--mutant", mutant, "plant this bug")->check(CLI::IsMember(bugs));
  auto names = worlds_by_name();
  CLI::Option* one = app.add_option("--world", world, "turn this unkind world on");
  one->check(CLI::IsMember(names));
  app.add_flag("--draw-worlds", draw, "turn an unkind world on in some of the seeds");
  app.add_flag("--worlds", list_worlds, "list the unkind worlds");
  app.add_flag("--expect-broken", broken, "succeed if a seed fails")->needs(one);
  CLI11_PARSE(app, argc, argv);
  if (list) return print_mutants();
  if (list_worlds) return print_worlds();
  Options options{seed, seed != 0, mutant.empty() ? Mutant{} : mutant_named(mutant)};
  options.disk = disk || options.mutant.disk;
  options.draw_worlds = draw;
  options.cluster = cluster || needs_nodes(options.mutant);
  if (world.empty() && options.mutant.world) options.worlds.insert(*options.mutant.world);
  if (!world.empty()) options.worlds.insert(names.at(world));
  if (seed != 0) return replay(options);
  if (broken) return expect_broken(from, seeds, options, world);
  if (!mutant.empty()) return catch_mutant(from, seeds, options);
  if (hashes) return print_hashes(from, seeds, options);
  if (std::getenv("KEEPER_LONG_TESTS")) seeds *= long_times;
  return run_many(from, seeds, options);
}
