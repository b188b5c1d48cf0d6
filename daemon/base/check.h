// KEEPER_CHECK: an invariant that holds in every build. A broken one ends the process and prints the file and
// the line. It is for mistakes in this program; what comes from outside is answered with a Result instead.
// Any thread.
#pragma once

namespace keeper {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

// Called before the process ends by a broken invariant, to write what waits to be written. It must end soon.
void set_before_abort(void (*call)());
}  // namespace keeper

#define KEEPER_CHECK(condition)                        \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::keeper::check_failed(#condition, __FILE__, __LINE__))
