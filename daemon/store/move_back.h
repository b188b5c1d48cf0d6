// Moves a store from a schema of a PostgreSQL database into a new SQLite file: the way back of move_store.h.
// The schema is marked first, so that no daemon leads it any more, and keeps its rows; the file is verified,
// and has as many rows. Where that fails the mark is taken away. No daemon may use the database. Any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "settings/database.h"
#include "store/verify.h"

namespace keeper {

// `path` must not exist. Refused where a node leads or runs, where the last leader did not give the lead
// back, since a call of its own may be under way, and where the store was moved already. A move that was
// killed is begun anew after take_back_moved().
Result<Verification> move_back(const PgSettings& settings, const std::string& path);

// Makes a store of the schema again, as it was when it was moved. False: it was not moved.
Result<bool> take_back_moved(const PgSettings& settings);

}  // namespace keeper
