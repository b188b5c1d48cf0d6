#include "store/sql.h"

#include <limits>

namespace keeper::sql {

void fail_corrupt(const std::string& what) { throw Corrupt(what); }

int Reader::small() {
  const std::int64_t value = integer();
  if (value < 0 || value > std::numeric_limits<int>::max()) fail_corrupt("holds a number out of range");
  return static_cast<int>(value);
}

std::optional<Wall> Reader::optional_time() {
  if (is_null()) return skip(), std::nullopt;
  return time();
}

}  // namespace keeper::sql
