// Three daemons over one database with a synchronous standby, on machines of their own, while one thing after
// the other goes wrong. The providers' sandbox and the database's rows are the witnesses.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "catch.h"
#include "cluster/delivery_load.h"
#include "cluster/faults.h"
#include "cluster/witness.h"

using namespace keeper::cluster;
using std::chrono::seconds;

namespace {

// Starts all the time, in the ways in which they come: by a window, by rollover, by an occurrence. `hold` and
// `watch` have an idle timeout of a minute and live long, so that a lapse would be seen.
constexpr const char* busy_plans = R"(  desk:
    provider: agents
    schedule: {start: "*/4 * * * * *", duration: 3s}
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: leave
    keep_alive: true
  pair:
    provider: agents
    count: 2
    schedule: {always: true}
    max_duration: 9s
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: leave
    keep_alive: true
  errand:
    provider: browsers
    schedule: {start: "*/11 * * * * *"}
    max_duration: 5s
    session: {idle_timeout: 2m, max_duration: 5m}
    on_shutdown: leave
  hold:
    provider: browsers
    count: 2
    schedule: {always: true}
    max_duration: 4m
    session: {idle_timeout: 1m, max_duration: 10m}
    on_shutdown: leave
    keep_alive: true
  watch:
    provider: browsers
    schedule: {always: true}
    session: {idle_timeout: 1m, max_duration: 30m}
    on_shutdown: leave
    keep_alive: true
)";

// Calls go wrong as ever, and take their time, so that faults find them under way.
void trouble_calls(Nodes& nodes) {
  for (const Json& rule :
       {Json{{"probability", 0.06}, {"reset_after_effect", 1.0}, {"seed", 1}},
        Json{{"probability", 0.03}, {"reset_before_effect", 1.0}, {"seed", 2}},
        Json{{"probability", 0.3}, {"latency_ms", 400}, {"seed", 3}},
        Json{{"probability", 0.3}, {"latency_before_effect", true}, {"latency_ms", 300}, {"seed", 4}}}) {
    REQUIRE(nodes.tell_sandbox("/faults", rule));
  }
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

// Each fault once, then all of them in another order.
class Order {
 public:
  Order(std::vector<Fault> all, std::mt19937& random) : all_(std::move(all)), random_(random) {}

  const Fault& next() {
    if (at_ == 0) std::shuffle(all_.begin(), all_.end(), random_);
    const Fault& fault = all_[at_];
    at_ = (at_ + 1) % all_.size();
    return fault;
  }

 private:
  std::vector<Fault> all_;
  std::mt19937& random_;
  std::size_t at_ = 0;
};

// What a promise bounds: a start that was in doubt at a takeover is looked for after the pause allowance and
// the request timeout, and everything is compared with the providers' lists then.
constexpr seconds settling{45};

struct Run {
  int count = 0;
  unsigned seed = 1;
  std::vector<Fault> kinds = faults();
  NodesOptions options;
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// What is written of it, which tests/cluster/campaign reads: how long no delivery was acknowledged around it,
// how long it struck, and how long it took then until one was acknowledged; in seconds.
void strike(Nodes& nodes, Load& load, const Fault& fault, std::mt19937& random) {
  load.longest_wait();
  const auto begin = std::chrono::steady_clock::now();
  fault.strike(nodes, random);
  const double struck = seconds_since(begin);
  INFO(fault.name << ", see " << nodes.folder().string());
  REQUIRE(nodes.wait_for_leader(seconds{60}).has_value());
  const std::size_t before = load.count();
  REQUIRE(nodes.eventually(seconds{60}, [&] { return load.count() > before; }));
  const double recovered = seconds_since(begin) - struck;
  nodes.live(Millis{200 + static_cast<int>(random() % 1500)});
  const double gap = std::chrono::duration<double>(load.longest_wait()).count();
  std::printf("fault | %s | %.2f | %.2f | %.2f\n", fault.name.c_str(), gap, struck, recovered);
  std::fflush(stdout);
  REQUIRE(nodes.surprises() == std::vector<std::string>{});
}

void keep_promises(Run run) {
  std::mt19937 random(run.seed);
  run.options.plans = busy_plans;
  Nodes nodes(run.options);
  Load load(nodes.folder() / "load.pem");
  for (const std::string& node : Nodes::names()) nodes.start(node);
  REQUIRE(nodes.wait_for_leader(seconds{60}).has_value());
  trouble_calls(nodes);
  load.start(nodes.front(), Nodes::webhook_port, run.count > 100 ? 10 : 60);
  nodes.live(seconds{3});
  if (const char* part = std::getenv("KEEPER_FAULT"))
    std::erase_if(run.kinds, [&](const Fault& fault) { return fault.name.find(part) == std::string::npos; });
  REQUIRE_FALSE(run.kinds.empty());
  Order order(run.kinds, random);
  for (int i = 0; i < run.count; ++i) {
    const Fault& fault = order.next();
    strike(nodes, load, fault, random);
    // Later, when there are many rows, only now and then.
    if (i > 60 && i % 50 != 0) continue;
    const Seen seen = look(nodes, load.acknowledged());
    INFO("after fault " << i << ", " << fault.name << ", see " << nodes.folder().string());
    REQUIRE(text_of(seen.broken) == "");
  }
  nodes.network.mend();
  const std::set<std::string> made = made_until_now(nodes);
  nodes.live(settling);
  load.stop();
  const Seen seen = look_when_settled(nodes, made, load.acknowledged());
  CHECK(text_of(seen.broken) == "");
  CHECK(seen.starts > run.count);
  CHECK(seen.deliveries > run.count);
  const std::string epoch = nodes.databases.ask("SELECT epoch FROM session_keeper.lead");
  std::printf("all | seed %u | %d | %d | %d | %d | %d | %s", run.seed, run.count, seen.starts, seen.sessions,
              seen.deliveries, load.refused(), epoch.c_str());
  std::fflush(stdout);
}

int number_from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

}  // namespace

TEST_CASE(
    "whatever goes wrong with nodes, database and network: no double, no orphan, no lapse, nothing lost") {
  Run run;
  run.count = number_from_environment("KEEPER_FAULTS", 30);
  run.seed = static_cast<unsigned>(number_from_environment("KEEPER_SEED", 20261130));
  keep_promises(run);
}

TEST_CASE("behind pgbouncer in transaction mode the promises are kept as well") {
  Run run;
  run.count = number_from_environment("KEEPER_FAULTS", 12);
  run.seed = static_cast<unsigned>(number_from_environment("KEEPER_SEED", 1));
  run.kinds = faults_behind_pooler();
  run.options.pooler = true;
  keep_promises(run);
}
