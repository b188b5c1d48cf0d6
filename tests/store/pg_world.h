// What the tests of the PostgreSQL store share.
#pragma once

#include <memory>
#include <string>

#include "store/pg_lead.h"
#include "store/pg_store.h"
#include "store/store_world.h"

namespace keeper::kit {

// A place for a new store, in a schema that no other one of this process has.
PgSettings fresh_pg();

std::unique_ptr<PgStore> open_pg(const PgSettings& settings);

LeadRow lead_of(const PgSettings& settings);

// As StoreWorld::sql().
std::string run_pg_sql(const PgSettings& settings, const std::string& text);

}  // namespace keeper::kit
