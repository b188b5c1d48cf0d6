// What a round must ask of the store before it decides: whether its deliveries were seen before, which rows
// the remotes of its lists had, which deliveries are held for a remote, and what ended sessions took of a
// budget's period. Loop thread.
#pragma once

#include <cstddef>
#include <vector>

#include "core/keeper.h"
#include "runtime/inbox.h"
#include "store/questions.h"

namespace keeper {

struct Asked {
  // Where a remote was shown that no session in the memory has.
  struct Shown {
    std::size_t item = 0;    // the answer's place in the round
    std::size_t remote = 0;  // its place in the answer
  };
  Questions questions;       // with a delivery for each of the round's, in its order
  std::vector<Shown> shown;  // as questions.remotes, in the order of the round
};

Asked questions_of(const Keeper& keeper, const std::vector<Item>& items, Now now);

}  // namespace keeper
