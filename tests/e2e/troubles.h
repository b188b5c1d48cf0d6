// What goes wrong around a daemon that is killed again and again: at the providers, with the clock, on the
// disk. One trouble at a time, beside calls that now and then go wrong anyhow and deliveries that are
// dropped, doubled and reordered. Each lasts for a few seconds, which is shorter than what the daemon
// promises to stand: no session needs to lapse.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "e2e/clocks.h"
#include "e2e/programs.h"

namespace keeper::e2e {

struct Trouble {
  std::string name;
  std::vector<Json> rules;             // for the sandbox's /faults
  std::chrono::milliseconds clock{0};  // how far the daemon's wall clock is off
  std::string disk{};                  // the variable of failing_disk.cpp
};

const std::vector<Trouble>& troubles();

class TroubledStage {
 public:
  // The next daemon's clock and disk can be troubled.
  explicit TroubledStage(Stage& stage);

  // In place of what was before. The disk works until strike_disk(): on one that does not, no daemon starts.
  void begin(const Trouble& trouble);
  void strike_disk(const Trouble& trouble);
  void mend_disk();
  // Nothing goes wrong any more.
  void end();

 private:
  void clear();

  Stage& stage_;
  Clocks clocks_;
};

}  // namespace keeper::e2e
