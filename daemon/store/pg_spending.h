// How much time the sessions took in a period, summed by PostgreSQL; as spending_query.h for SQLite. The
// functions belong to this module.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/spending.h"
#include "store/pg.h"

namespace keeper {

enum class SpentOf { ended, all };  // all: what is not over counts up to now, with the overlaps of rollovers

std::string spending_text(const std::string& schema, SpentOf which);
// `now`: with SpentOf::all alone.
void bind_spending(pg::Parameters& to, const Period& period, const Prices& prices,
                   std::optional<Wall> now = std::nullopt);
std::vector<SpentBy> read_spending(const pg::Rows& rows);

}  // namespace keeper
