// Short ways to write a Type in the table of keys. The functions keep no state, and any thread may call them.
#pragma once

#include <chrono>
#include <utility>

#include "base/time.h"
#include "config/key_table.h"

namespace keeper::config::types {

inline Type of(Kind kind) { return {.kind = kind}; }
inline Type integer(long long min, long long max) { return {.kind = Kind::integer, .min = min, .max = max}; }
inline Type duration(Millis min, Millis max) {
  return {.kind = Kind::duration, .min = min.count(), .max = max.count()};
}
inline Type choice(std::vector<std::string_view> words) {
  return {.kind = Kind::choice, .words = std::move(words)};
}
inline Type list_of(Kind item) { return {.kind = Kind::list, .item = item}; }
inline Type list_of(const Section& section) {
  return {.kind = Kind::list, .item = Kind::section, .section = &section};
}
inline Type map_of(const Section& section) { return {.kind = Kind::section, .section = &section}; }
inline Type names_to(const Section& section) { return {.kind = Kind::named, .section = &section}; }

}  // namespace keeper::config::types
