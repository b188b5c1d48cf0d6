// A failover that loses acknowledged commits: the standby is asynchronous, and was cut off for a while before
// it became the primary. What the lost rows said is at the providers alone, and at the leader, where it lives
// on.
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "catch.h"
#include "cluster/delivery_load.h"
#include "cluster/witness.h"

using namespace keeper::cluster;
using std::chrono::seconds;

namespace {

// At providers whose sessions carry tags, since others are not found again.
NodesOptions tagged_plans() {
  NodesOptions options;
  options.standby = Databases::Standby::asynchronous;
  options.plans = R"(  desk:
    provider: agents
    schedule: {start: "*/4 * * * * *", duration: 30s}
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
  long:
    provider: tagged
    schedule: {always: true}
    session: {parameters: {keepAlive: true, timeout: 900}, max_duration: 15m}
    on_shutdown: leave
    keep_alive: true
)";
  return options;
}

int count_rows(Nodes& nodes) {
  return std::stoi(nodes.databases.ask("SELECT count(*) FROM session_keeper.sessions"));
}

enum class Survivors { leader, followers, none };

void lose_commits(Survivors survivors) {
  Nodes nodes(tagged_plans());
  const Load load(nodes.folder() / "load.pem");  // which the configuration names
  for (const std::string& node : Nodes::names()) nodes.start(node);
  REQUIRE(nodes.wait_for_leader(seconds{60}).has_value());
  REQUIRE(nodes.eventually(seconds{30}, [&] { return made_until_now(nodes).size() > 6; }));

  nodes.network.cut_both("db1", "db2");
  nodes.live(seconds{9});
  const std::string leader = nodes.wait_for_leader(seconds{10}).value();
  const int rows_before = count_rows(nodes);
  for (const std::string& node : Nodes::names()) {
    const bool lives =
        survivors == Survivors::leader || (survivors == Survivors::followers && node != leader);
    if (!lives) nodes.send(node, SIGKILL);
  }
  nodes.databases.signal_primary(SIGKILL);
  nodes.databases.promote();
  const int lost = rows_before - count_rows(nodes);
  INFO(lost << " of " << rows_before << " rows were lost, see " << nodes.folder().string());
  REQUIRE(lost >= 2);

  REQUIRE(nodes.wait_for_leader(seconds{60}).has_value());
  nodes.live(seconds{50});
  const Seen seen = look_after_loss(nodes);
  CHECK(seen.broken == std::vector<std::string>{});
  // A leader that lives on writes again what was lost, and begins anew from the store.
  const bool begins_anew = survivors == Survivors::leader;
  CHECK(nodes.surprises() ==
        (begins_anew ? std::vector{leader + " ended with 1"} : std::vector<std::string>{}));
  CHECK(seen.sessions > rows_before);
}

}  // namespace

TEST_CASE("rows that a failover lost are started no second time and leave no orphan") {
  // The hardest alone in the short form: nobody has what the rows said.
  const bool is_long = std::getenv("KEEPER_LONG_TESTS") != nullptr;
  lose_commits(is_long ? GENERATE(Survivors::leader, Survivors::followers, Survivors::none)
                       : Survivors::followers);
}
