// How long a takeover takes. Run by hand, since no test depends on a time: cluster_tests "[figures]".
#include <algorithm>
#include <csignal>
#include <functional>
#include <sstream>

#include "catch.h"
#include "cluster/cluster_nodes.h"
#include "cluster/delivery_load.h"

using namespace keeper::cluster;
using std::chrono::seconds;

namespace {

constexpr int times = 5;

// From `strike` at the leader until another node says that it leads.
double takeover(Nodes& nodes, const std::function<void(const std::string& leader)>& strike) {
  REQUIRE(nodes.wait_for_leader(seconds{60}).has_value());
  // Until one that led before has ended, and followers that have just come have seen the lease from its
  // begin.
  nodes.live(seconds{5});
  const auto leader = nodes.leader();
  REQUIRE(leader.has_value());
  const auto begin = std::chrono::steady_clock::now();
  strike(*leader);
  std::optional<std::string> next;
  REQUIRE(
      nodes.eventually(seconds{120}, [&] { return (next = nodes.leader()).has_value() && next != leader; }));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::string measured(const std::string& name, const std::function<double()>& once) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) all.push_back(once());
  std::sort(all.begin(), all.end());
  std::ostringstream line;
  line.precision(2);
  line << std::fixed << name << ": " << all.front() << ", " << all[times / 2] << ", " << all.back() << "\n";
  return line.str();
}

std::string measure_at(seconds lease) {
  NodesOptions options;
  options.lease = lease;
  options.plans = R"(  watch:
    provider: browsers
    schedule: {always: true}
    count: 5
    session: {idle_timeout: 1m, max_duration: 30m}
    on_shutdown: leave
    keep_alive: true
)";
  Nodes nodes(options);
  const Load load(nodes.folder() / "load.pem");
  for (const std::string& node : Nodes::names()) nodes.start(node);
  std::string table = "lease " + std::to_string(lease.count()) + " s: shortest, median, longest of " +
                      std::to_string(times) + "\n";
  table += measured("kill -9", [&] {
    return takeover(nodes, [&](const std::string& leader) { nodes.send(leader, SIGKILL); });
  });
  table += measured("SIGSTOP", [&] {
    std::string stopped;
    const double took = takeover(nodes, [&](const std::string& leader) {
      nodes.send(leader, SIGSTOP);
      stopped = leader;
    });
    nodes.send(stopped, SIGCONT);
    return took;
  });
  table += measured("SIGTERM", [&] {
    return takeover(nodes, [&](const std::string& leader) { nodes.send(leader, SIGTERM); });
  });
  table += measured("switchover", [&] {
    return takeover(nodes, [&](const std::string& leader) {
      std::string output;
      INFO(output);
      REQUIRE(nodes.command(leader, {"switchover"}, &output) == 0);
    });
  });
  REQUIRE(nodes.surprises() == std::vector<std::string>{});
  return table;
}

}  // namespace

TEST_CASE("how long a takeover takes, by how the leader went", "[.][figures]") {
  WARN(measure_at(seconds{3}) << measure_at(seconds{10}));
}
