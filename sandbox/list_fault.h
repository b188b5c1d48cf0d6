// Makes a list that a provider answered go wrong: cut, late, or with items that no program can use.
// A cut list says that it goes on where that is a word in it (Notte's); elsewhere nothing shows the cut.
// One thread at a time (the model's lock). An answer without a list stays as it is.
#pragma once

#include "sandbox/faults.h"
#include "sandbox/world.h"

namespace sandbox {

void spoil_list(const ListFault& fault, Provider provider, World& world, Answer& answer);

}  // namespace sandbox
