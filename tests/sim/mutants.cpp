#include "sim/mutants.h"

#include <algorithm>

#include "core/deadlines.h"

namespace keeper::sim {

const std::map<std::string, Mutant>& mutants() {
  static const std::map<std::string, Mutant> all{{"none", Mutant::none},
                                                 {"lossy_commit", Mutant::lossy_commit},
                                                 {"sleeper", Mutant::sleeper},
                                                 {"spinner", Mutant::spinner},
                                                 {"early_dispatch", Mutant::early_dispatch},
                                                 {"blind_retry", Mutant::blind_retry},
                                                 {"deaf_heartbeat", Mutant::deaf_heartbeat},
                                                 {"no_rollover", Mutant::no_rollover},
                                                 {"blind_sweep", Mutant::blind_sweep},
                                                 {"early_ack", Mutant::early_ack},
                                                 {"false_stop", Mutant::false_stop},
                                                 {"no_circuit", Mutant::no_circuit},
                                                 {"greedy_sweep", Mutant::greedy_sweep},
                                                 {"lost_missed", Mutant::lost_missed},
                                                 {"no_count", Mutant::no_count},
                                                 {"forgetful_alerts", Mutant::forgetful_alerts},
                                                 {"deaf_target", Mutant::deaf_target},
                                                 {"blind_route", Mutant::blind_route},
                                                 {"no_start_timeout", Mutant::no_start_timeout},
                                                 {"hasty_leave", Mutant::hasty_leave},
                                                 {"break_first", Mutant::break_first},
                                                 {"deaf_reload", Mutant::deaf_reload}};
  return all;
}

std::shared_ptr<const Config> tampered(Mutant mutant, const std::shared_ptr<const Config>& config) {
  auto other = std::make_shared<Config>(*config);
  for (auto& [name, plan] : other->plans) {
    Rollover& rollover = plan.keep_alive.rollover;
    if (mutant == Mutant::no_rollover) rollover = Rollover::off;
    if (mutant == Mutant::break_first && rollover == Rollover::make_before_break)
      rollover = Rollover::break_before_make;
    if (mutant == Mutant::no_start_timeout) plan.start_timeout = std::chrono::hours{24};
    if (mutant == Mutant::deaf_reload) plan.fingerprint = name.str() + "-a";
  }
  return other;
}

void tamper(Mutant mutant, Decision& decision, Mono now, Random& random) {
  if (mutant == Mutant::sleeper || mutant == Mutant::spinner) {
    for (auto& change : decision.sessions) {
      if (!change.after || change.after->flight || !random.chance(0.02)) continue;
      look_again(*change.after, mutant == Mutant::sleeper ? mono_never : now);
    }
  }
  if (mutant == Mutant::lossy_commit) {
    std::erase_if(decision.batch.sessions, [&](const SessionRow& row) {
      const auto& moves = decision.batch.transitions;
      const bool moved =
          std::any_of(moves.begin(), moves.end(), [&](const auto& t) { return t.session == row.id; });
      return !moved && random.chance(0.05);
    });
  }
  if (mutant == Mutant::lost_missed) decision.batch.missed.clear();
}

}  // namespace keeper::sim
