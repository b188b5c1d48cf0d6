// A backup of a store in a PostgreSQL database is an SQLite store: verify-store checks it like any other, and
// a daemon with `store.path` goes on with it. It is copied row by row from one snapshot, in bounded memory.
// Any thread may call it, also while a daemon leads; it never changes the database.
#pragma once

#include <string>

#include "store/pg_store.h"

namespace keeper {

// `destination` as of backup_store().
Status backup_database(const PgSettings& settings, const std::string& destination);

}  // namespace keeper
