// Storable texts: UTF-8 without NUL, which is what every kind of store can keep. Texts that come from outside
// are made storable before anything is decided by them, so that the memory and the rows hold the same. What
// is not storable is written as \xNN, as printable() does: "a\0b" becomes "a\x00b". Texts that are storable
// are left as they are. Bodies of deliveries are bytes and stay as they came. Any thread; no state.
#pragma once

#include <string>
#include <string_view>

#include "core/event.h"

namespace keeper {

bool is_storable(std::string_view text);

void make_storable(std::string& text);

// All texts of the event that may come into rows. Those of a configuration are text already.
void make_storable(Event& event);

}  // namespace keeper
