// Many plans, each with a cron expression and a zone of its own: how long the configuration takes to load,
// how long the keeper needs until it waits for the first of them, and what finding the next one costs then.
//   schedule_bench [PLANS [JITTER]]
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <vector>

#include "config/config.h"
#include "provider/provider_table.h"
#include "runtime/inbox.h"
#include "runtime/rounds.h"
#include "store/store.h"

using namespace keeper;

namespace {

using Clock = std::chrono::steady_clock;

const char* const zones[] = {"Europe/Berlin", "America/New_York",  "Asia/Kolkata", "Australia/Lord_Howe",
                             "Africa/Cairo",  "America/Sao_Paulo", "Asia/Tokyo",   "Pacific/Auckland",
                             "UTC",           "America/St_Johns"};

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

std::string write_config(int plans, const std::string& jitter) {
  const std::string path = "/tmp/keeper-bench-" + std::to_string(::getpid()) + ".yaml";
  std::ofstream file(path);
  file << "providers:\n  agents: {type: videosdk, api_key: \"${KEY}\", secret: \"${KEY}\"}\nplans:\n";
  for (int i = 0; i < plans; ++i) {
    file << "  plan-" << i << ": {provider: agents, session: {deployment_id: d}, schedule: {start: \""
         << i % 60 << " " << i / 60 % 24 << " * * " << (i % 3 == 0 ? "mon-fri" : "*")
         << "\", duration: 30m, time_zone: " << zones[i % 10] << ", jitter: " << jitter << "}}\n";
  }
  return path;
}

// The largest number of starts that leave within one second of a day.
std::size_t herd(const Config& config, Wall from) {
  std::map<std::int64_t, std::size_t> starts;
  for (const auto& [name, plan] : config.plans) {
    if (const auto next = plan.schedule.next_start(from)) {
      ++starts[std::chrono::floor<Seconds>(next->start).time_since_epoch().count()];
    }
  }
  std::size_t most = 0;
  for (const auto& [second, count] : starts) most = std::max(most, count);
  return most;
}

}  // namespace

int main(int argc, char** argv) {
  const int plans = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const std::string jitter = argc > 2 ? argv[2] : "0s";
  const std::string path = write_config(plans, jitter);
  LoadOptions options;
  options.variable = [](const std::string&) { return std::optional<std::string>("x"); };
  auto begin = Clock::now();
  const LoadOutcome outcome = load_settings(path, provider_kinds(), options);
  const double load = ms_since(begin);
  ::unlink(path.c_str());
  if (!outcome.settings) {
    for (const Problem& problem : outcome.problems) std::fprintf(stderr, "%s\n", to_line(problem).c_str());
    return 1;
  }
  Now now{parse_time("2026-11-21T10:00:30Z").value(), Mono{Seconds{1000}}};
  begin = Clock::now();
  const auto store = Store::open_in_memory(InstanceId{"bench"}).value();
  DirectStore access(*store);
  Inbox inbox(64);
  RoundPorts ports;
  ports.dispatch = [](const std::vector<Effect>&) {};
  Rounds rounds(store->load().value(), now, inbox, access, ports);
  inbox.post(ConfigLoaded{outcome.settings->config, 0});
  rounds.turn(now);
  const double start = ms_since(begin);

  constexpr int looks = 100'000;
  begin = Clock::now();
  Mono sum{};
  for (int i = 0; i < looks; ++i) sum = std::max(sum, rounds.next_turn(now));
  const double next_us = ms_since(begin) * 1000 / looks;

  // An hour of rounds, each with its commit: each begins or ends what is due then.
  std::vector<double> ticks;
  const Mono end = now.mono + std::chrono::hours{1};
  while (now.mono < end) {
    const Mono next = std::min(rounds.next_turn(now), end);
    now.wall += std::max(next - now.mono, Millis{1});
    now.mono = std::max(next, now.mono + Millis{1});
    begin = Clock::now();
    rounds.turn(now);
    ticks.push_back(ms_since(begin));
  }
  std::sort(ticks.begin(), ticks.end());
  std::printf(
      "%d plans, jitter %s: load %.0f ms, start %.0f ms, next wake-up %.3f us, %zu rounds of an hour: median "
      "%.3f "
      "ms, longest %.3f ms; most starts in one second: %zu\n",
      plans, jitter.c_str(), load, start, next_us, ticks.size(), ticks[ticks.size() / 2], ticks.back(),
      herd(*outcome.settings->config, now.wall));
  return sum == Mono{} ? 1 : 0;
}
