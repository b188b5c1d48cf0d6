// Verification of a store in a PostgreSQL database: the hash chains of its transitions and the digests of its
// deliveries, as of one moment. The server's own pages are for `pg_amcheck` to check. Any thread may call it,
// also while a daemon uses the store; it only reads.
#pragma once

#include <string>

#include "store/pg.h"
#include "store/pg_store.h"
#include "store/verify.h"

namespace keeper {

// Error: the store could not be read at all.
Result<Verification> verify_store(const PgSettings& settings);

// The same within the caller's transaction. Throws pg::Failed.
Verification verify_rows(pg::Connection& connection, const std::string& schema);

}  // namespace keeper
