#include "cluster/faults.h"

#include <csignal>

namespace keeper::cluster {
namespace {

using std::chrono::seconds;

Millis between(std::mt19937& random, int least_ms, int most_ms) {
  return Millis{least_ms + static_cast<int>(random() % static_cast<unsigned>(most_ms - least_ms))};
}

std::string leader_or_any(Nodes& nodes) {
  return nodes.wait_for_leader(seconds{1}).value_or(Nodes::names().front());
}

void stand(Nodes& nodes, const std::string& node, Millis time) {
  nodes.send(node, SIGSTOP);
  nodes.live(time);
  nodes.send(node, SIGCONT);
}

enum class Way { there, back, both };

void part(Nodes& nodes, const std::string& one, const std::vector<std::string>& others, Way way,
          Millis time) {
  for (const std::string& other : others) {
    if (way != Way::back) nodes.network.cut(one, other);
    if (way != Way::there) nodes.network.cut(other, one);
  }
  nodes.live(time);
  nodes.network.mend();
}

Way any_way(std::mt19937& random) { return static_cast<Way>(random() % 3); }

const std::vector<std::string> both_databases{"db1", "db2"};

// Of every process of the leader's own at the server.
void end_backends(Nodes& nodes) {
  nodes.databases.ask(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity, session_keeper.lead WHERE pid = "
      "backend");
}

void restart_database(Nodes& nodes, Millis after) {
  nodes.live(after);
  nodes.databases.restart_primary();
}

// As an operator's failover goes: the primary is gone, the standby becomes the primary, and what was the
// primary becomes its standby.
void fail_over(Nodes& nodes, Millis between_steps) {
  nodes.live(between_steps);
  nodes.databases.promote();
  nodes.live(between_steps);
  nodes.databases.replace_old_primary();
}

void strike_database_pause(Nodes& nodes, std::mt19937& random) {
  const bool whole = random() % 2 == 0;
  const auto send = [&](int signal) {
    whole ? nodes.databases.signal_all_of_primary(signal) : nodes.databases.signal_primary(signal);
  };
  send(SIGSTOP);
  nodes.live(between(random, 500, 6000));
  send(SIGCONT);
}

std::vector<Fault> faults_of_nodes() {
  return {
      {"the leader is killed",
       [](Nodes& nodes, std::mt19937&) { nodes.send(leader_or_any(nodes), SIGKILL); }},
      {"a follower is killed", [](Nodes& nodes, std::mt19937&) { nodes.send(nodes.follower(), SIGKILL); }},
      {"all daemons are killed",
       [](Nodes& nodes, std::mt19937&) {
         for (const std::string& node : Nodes::names()) nodes.send(node, SIGKILL);
       }},
      {"the leader stands still",
       [](Nodes& nodes, std::mt19937& random) {
         stand(nodes, leader_or_any(nodes), between(random, 500, 8000));
       }},
      {"a follower stands still",
       [](Nodes& nodes, std::mt19937& random) {
         stand(nodes, nodes.follower(), between(random, 500, 5000));
       }},
      {"the leader is told to end", [](Nodes& nodes, std::mt19937&) { nodes.restart(leader_or_any(nodes)); }},
      {"switchover",
       [](Nodes& nodes, std::mt19937&) { nodes.command(leader_or_any(nodes), {"switchover"}, nullptr); }},
      {"the leader cannot reach the provider", [](Nodes& nodes, std::mt19937& random) {
         part(nodes, leader_or_any(nodes), {"provider"}, any_way(random), between(random, 500, 6000));
       }}};
}

std::vector<Fault> faults_of_database() {
  return {{"the database is killed",
           [](Nodes& nodes, std::mt19937& random) {
             nodes.databases.signal_primary(SIGKILL);
             restart_database(nodes, between(random, 100, 2000));
           }},
          {"the database is stopped at once",
           [](Nodes& nodes, std::mt19937& random) {
             nodes.databases.signal_primary(SIGQUIT);
             restart_database(nodes, between(random, 100, 2000));
           }},
          {"the database stands still", strike_database_pause},
          {"the leader's process at the database is ended",
           [](Nodes& nodes, std::mt19937&) { end_backends(nodes); }},
          {"the standby is killed",
           [](Nodes& nodes, std::mt19937& random) {
             nodes.databases.kill_standby();
             nodes.live(between(random, 100, 3000));
             nodes.databases.restart_standby();
           }},
          {"primary and standby are parted", [](Nodes& nodes, std::mt19937& random) {
             part(nodes, "db1", {"db2"}, any_way(random), between(random, 500, 5000));
           }}};
}

std::vector<Fault> faults_of_the_pair() {
  return {
      {"the leader is parted from the database",
       [](Nodes& nodes, std::mt19937& random) {
         part(nodes, leader_or_any(nodes), both_databases, any_way(random), between(random, 500, 8000));
       }},
      {"a follower is parted from the database",
       [](Nodes& nodes, std::mt19937& random) {
         part(nodes, nodes.follower(), both_databases, any_way(random), between(random, 500, 5000));
       }},
      {"the standby is promoted after the primary was killed",
       [](Nodes& nodes, std::mt19937& random) {
         nodes.databases.signal_primary(SIGKILL);
         fail_over(nodes, between(random, 100, 1500));
       }},
      {"the standby is promoted while the primary goes on",
       [](Nodes& nodes, std::mt19937& random) {
         nodes.network.cut_both("db1", "db2");
         // A commit whose wait for the standby ends so is seen at the old primary, and nobody is told of it.
         if (random() % 2 == 0) {
           nodes.live(between(random, 500, 2000));
           end_backends(nodes);
         }
         fail_over(nodes, between(random, 100, 2500));
         nodes.network.mend();
       }},
  };
}

}  // namespace

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all = [] {
    std::vector<Fault> joined = faults_of_nodes();
    for (const auto& more : {faults_of_database(), faults_of_the_pair()}) {
      joined.insert(joined.end(), more.begin(), more.end());
    }
    return joined;
  }();
  return all;
}

std::vector<Fault> faults_behind_pooler() {
  std::vector<Fault> joined = faults_of_nodes();
  for (const Fault& more : faults_of_database()) joined.push_back(more);
  joined.push_back({"the leader is parted from the pooler", [](Nodes& nodes, std::mt19937& random) {
                      part(nodes, leader_or_any(nodes), {"pooler"}, any_way(random),
                           between(random, 500, 8000));
                    }});
  return joined;
}

}  // namespace keeper::cluster
