// hook-load: signed deliveries as a load, and attackers, against any listener on loopback.
//   hook-load make DIRECTORY --count N [--rising]
//   hook-load send DIRECTORY --port P --connections C --seconds S     prints one JSON object
//   hook-load attack KIND --port P --connections C --seconds S [--tls]   likewise; without KIND: lists them
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "load/attackers.h"
#include "load/sender.h"
#include "load/signed_deliveries.h"

using namespace keeper::load;

namespace {

void print(const SenderResult& result) {
  nlohmann::ordered_json json{{"acknowledged", result.acknowledged},
                              {"warming_up", result.warming_up},
                              {"per_second", static_cast<double>(result.acknowledged) / result.seconds},
                              {"p50_ms", percentile(result.latency_ms, 0.5)},
                              {"p99_ms", percentile(result.latency_ms, 0.99)},
                              {"p999_ms", percentile(result.latency_ms, 0.999)},
                              {"max_ms", percentile(result.latency_ms, 1)},
                              {"broken", result.broken},
                              {"exhausted", result.exhausted}};
  for (const auto& [status, count] : result.refused) json["refused"][std::to_string(status)] = count;
  std::cout << json.dump() << "\n";
}

void print(const AttackResult& result) {
  const nlohmann::ordered_json json{{"open", result.open},
                                    {"opened", result.opened},
                                    {"closed", result.closed},
                                    {"answered", result.answered},
                                    {"longest_seconds", result.longest_seconds}};
  std::cout << json.dump() << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Deliveries and attacks"};
  app.require_subcommand(1);
  std::string directory;
  int count = 0;
  bool rising = false;
  SenderOptions sender;
  AttackOptions attacker;
  CLI::App* making = app.add_subcommand("make");
  making->add_option("directory", directory)->required();
  making->add_option("--count", count)->required();
  making->add_flag("--rising", rising, "ids that rise, instead of UUIDs");
  CLI::App* sending = app.add_subcommand("send");
  sending->add_option("directory", directory)->required();
  sending->add_option("--port", sender.port)->required();
  sending->add_option("--path", sender.path);
  sending->add_option("--connections", sender.connections);
  sending->add_option("--seconds", sender.seconds);
  sending->add_option("--warm-up", sender.warm_up);
  sending->add_option("--rate", sender.rate);
  sending->add_option("--acked", sender.acked);
  CLI::App* attacking = app.add_subcommand("attack");
  attacking->add_option("kind", attacker.kind);
  attacking->add_option("--port", attacker.port);
  attacking->add_option("--path", attacker.path);
  attacking->add_option("--connections", attacker.connections);
  attacking->add_option("--seconds", attacker.seconds);
  attacking->add_flag("--tls", attacker.tls);
  CLI11_PARSE(app, argc, argv);
  try {
    if (making->parsed()) make(directory, count, rising);
    if (sending->parsed()) print(send(read(directory), sender));
    if (attacking->parsed() && !attacker.kind.empty()) print(attack(attacker));
    if (attacking->parsed() && attacker.kind.empty()) {
      for (const std::string_view kind : attack_kinds(attacker.tls)) std::cout << kind << "\n";
    }
  } catch (const std::exception& failed) {
    std::cerr << "hook-load: " << failed.what() << "\n";
    return 1;
  }
  return 0;
}
