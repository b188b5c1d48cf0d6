// Moves a store from its SQLite file into a schema of a PostgreSQL database: all rows in one transaction,
// which is verified before it commits. The file is then marked as moved (moved.h), so that no daemon goes on
// with it. A move that was broken off leaves the file as it was, and is begun anew by the next one. No daemon
// may use either of the two. The way back: move_back.h. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "settings/database.h"
#include "store/verify.h"

namespace keeper {

struct MovedStore {
  Verification verified;           // of what is in the database now
  std::int64_t changed_texts = 0;  // that PostgreSQL cannot keep: not UTF-8, or with a NUL
  std::int64_t chained_anew = 0;   // sessions whose hashes cover such a text
};

// Refused where the file is in use or not good, and where the schema holds a store that a node has led, or
// the rows of another one.
Result<MovedStore> move_store(const std::string& path, const PgSettings& settings);

}  // namespace keeper
