// Mutants: the bugs that the simulator can plant, each with what it breaks. An invariant must catch each
// within 200 seeds. Most are wrong steps in the production code (base/planted.h). The others change what the
// keeper is given of a plan or a provider, so that it does not heed a key; the invariants judge by the true
// configuration.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/planted.h"
#include "core/plan.h"
#include "sim/worlds.h"

namespace keeper::sim {

struct Mutant {
  std::string_view name;
  std::string_view breaks;  // the invariant of docs/architecture.md by its number, or the rule
  Bug bug = Bug::none;
  void (*ignore)(Config&) = nullptr;  // what is not heeded of the configuration
  bool disk = false;                  // it needs a disk that fails
  std::optional<SimWorld> world{};    // it needs this unkind world
};

// What breaks invariant 28 needs several nodes.
inline bool needs_nodes(const Mutant& mutant) { return mutant.breaks.starts_with("28:"); }

const std::vector<Mutant>& mutants();
const Mutant& mutant_named(std::string_view name);

// In this process, until the next call.
void plant(const Mutant& mutant);

// What the keeper is given in place of the true configuration.
std::shared_ptr<const Config> given(const Mutant& mutant, const std::shared_ptr<const Config>& config);

}  // namespace keeper::sim
