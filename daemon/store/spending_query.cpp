#include "store/spending_query.h"

#include <algorithm>
#include <string>

#include "store/rows.h"
#include "store/sqlite.h"

namespace keeper {
namespace {

using std::string;

// ?1, ?2: the period; ?3: {"provider": [minimum, increment]} in milliseconds; ?4: billed_beyond_end(); ?5:
// now. A session's life is that of core/spending.h: from active, or from the row where only its remote is
// known. `f` is when its billed time ends, as billed_of() has it.
constexpr const char* ended =
    "SELECT plan, provider, COALESCE(active_at, created_at) AS b, ended_at AS e, active_at, predecessor "
    "FROM sessions INDEXED BY sessions_by_end WHERE resolved = 1 AND ended_at > ?1 - ?4 "
    "AND (active_at IS NOT NULL OR remote_id IS NOT NULL)";
constexpr const char* unresolved =
    " UNION ALL SELECT plan, provider, COALESCE(active_at, created_at), COALESCE(ended_at, ?5), active_at, "
    "predecessor "
    "FROM sessions INDEXED BY sessions_unresolved WHERE resolved = 0 "
    "AND (active_at IS NOT NULL OR remote_id IS NOT NULL)";
constexpr const char* overlap =
    "SUM(COALESCE((SELECT MAX(0, MIN(MIN(COALESCE(p.ended_at, ?5), lives.e), ?2) - MAX(lives.active_at, ?1)) "
    "FROM sessions p WHERE p.id = lives.predecessor AND lives.active_at IS NOT NULL), 0))";

string query_text(bool all) {
  return string("WITH ends AS (") + ended + (all ? unresolved : "") +
         "), priced AS (SELECT plan, provider, b, MAX(b, e) AS e, COALESCE(m.value ->> 0, 0) AS least, "
         "COALESCE(m.value ->> 1, 1) AS step, active_at, predecessor "
         "FROM ends LEFT JOIN json_each(?3) m ON m.key = ends.provider), "
         "lives AS (SELECT *, b + MAX(least, (e - b + step - 1) / step * step) AS f FROM priced) "
         "SELECT plan, provider, COUNT(*), SUM(MAX(0, MIN(e, ?2) - MAX(b, ?1))), "
         "SUM(MAX(0, MIN(f, ?2) - MAX(b, ?1))), " +
         (all ? overlap : "0") +
         " FROM lives WHERE f > ?1 AND b < ?2 GROUP BY plan, provider ORDER BY plan, provider";
}

// Names are those of the configuration: letters, digits, '-', '_' and '.'.
string json_of(const Prices& prices) {
  string json = "{";
  for (const auto& [provider, price] : prices) {
    const Millis::rep step = std::max<Millis::rep>(price.increment.count(), 1);
    json += (json.size() > 1 ? ",\"" : "\"") + provider.str() + "\":[" +
            std::to_string(price.minimum.count()) + "," + std::to_string(step) + "]";
  }
  return json + "}";
}

std::vector<SpentBy> run(SQLite::Database& database, const Period& period, const Prices& prices, bool all,
                         Wall now) {
  SQLite::Statement statement(database, query_text(all));
  sqlite::Binder to(statement);
  to.time(period.begin).time(period.end).copy(json_of(prices)).integer(billed_beyond_end(prices).count());
  if (all) to.time(now);
  std::vector<SpentBy> rows;
  while (statement.executeStep()) {
    sqlite::Reader from(statement);
    rows.push_back(read_spent(from));
  }
  return rows;
}

}  // namespace

std::vector<SpentBy> spent_by_ended(SQLite::Database& database, const Period& period, const Prices& prices) {
  return run(database, period, prices, false, {});
}

std::vector<SpentBy> spent_by_all(SQLite::Database& database, const Period& period, const Prices& prices,
                                  Wall now) {
  return run(database, period, prices, true, now);
}

}  // namespace keeper
