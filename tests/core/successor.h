// What the next process loads of a bench's keeper, with the rows of its plans.
#pragma once

#include "core/bench.h"

namespace keeper::bench {

inline Ledger successor_ledger(const Bench& bench) {
  Ledger ledger = bench.ledger();
  ledger.latest.clear();
  const World& world = bench.keeper().world();
  for (const auto& [key, slot] : world.slots) {
    const SessionRow* newest = nullptr;
    for (const SessionRow& row : bench.rows) {
      const bool mine =
          row.plan == key.plan && row.replica == key.replica && row.occurrence == slot.occurrence;
      if (mine && (!newest || newest->attempt < row.attempt)) newest = &row;
    }
    if (newest) ledger.latest.push_back(*newest);
  }
  for (const auto& [name, track] : world.plans) ledger.plans.push_back(track.row);
  return ledger;
}

}  // namespace keeper::bench
