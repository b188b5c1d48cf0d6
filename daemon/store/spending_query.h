// How much time the sessions took in a period, summed by SQLite. The functions belong to this module and to
// the thread of the connection, and throw SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

#include <vector>

#include "core/spending.h"

namespace keeper {

// Of sessions that are over and whose remote is confirmed gone.
std::vector<SpentBy> spent_by_ended(SQLite::Database& database, const Period& period, const Prices& prices);

// Of all sessions; those that are not over count up to `now`. With the overlaps of rollovers.
std::vector<SpentBy> spent_by_all(SQLite::Database& database, const Period& period, const Prices& prices,
                                  Wall now);

}  // namespace keeper
