#include "store/pg_spending.h"

#include <algorithm>

#include "store/rows.h"

namespace keeper {
namespace {

using std::string;

// $1, $2: the period; $3, $4, $5: providers, the least milliseconds that they bill and their increments; $6:
// billed_beyond_end(); $7: now. A session's life is that of core/spending.h: from active, or from the row
// where only its remote is known. `f` is when its billed time ends, as billed_of() has it.
constexpr const char* ended_lives =
    "SELECT plan, provider, COALESCE(active_at, created_at) AS b, ended_at AS e, active_at, predecessor "
    "FROM @sessions WHERE resolved = 1 AND ended_at > $1 - $6 "
    "AND (active_at IS NOT NULL OR remote_id IS NOT NULL)";
constexpr const char* unresolved_lives =
    " UNION ALL SELECT plan, provider, COALESCE(active_at, created_at), COALESCE(ended_at, $7), active_at, "
    "predecessor FROM @sessions WHERE resolved = 0 AND (active_at IS NOT NULL OR remote_id IS NOT NULL)";
constexpr const char* overlaps =
    "SUM(COALESCE((SELECT GREATEST(0, LEAST(COALESCE(p.ended_at, $7), lives.e, $2) - "
    "GREATEST(lives.active_at, $1)) FROM @sessions p WHERE p.id = lives.predecessor "
    "AND lives.active_at IS NOT NULL), 0))::bigint";

}  // namespace

string spending_text(const string& schema, SpentOf which) {
  const bool all = which == SpentOf::all;
  return pg::in_schema(
      string("WITH ends AS (") + ended_lives + (all ? unresolved_lives : "") +
          "), priced AS (SELECT plan, provider, b, GREATEST(b, e) AS e, COALESCE(m.least, 0) AS least, "
          "COALESCE(m.step, 1) AS step, active_at, predecessor FROM ends LEFT JOIN "
          "unnest($3::text[], $4::bigint[], $5::bigint[]) AS m(name, least, step) ON m.name = "
          "ends.provider), "
          "lives AS (SELECT *, b + GREATEST(least, (e - b + step - 1) / step * step) AS f FROM priced) "
          "SELECT plan, provider, COUNT(*), SUM(GREATEST(0, LEAST(e, $2) - GREATEST(b, $1)))::bigint, "
          "SUM(GREATEST(0, LEAST(f, $2) - GREATEST(b, $1)))::bigint, " +
          (all ? overlaps : "0") +
          " FROM lives WHERE f > $1 AND b < $2 GROUP BY plan, provider ORDER BY plan, provider",
      schema);
}

void bind_spending(pg::Parameters& to, const Period& period, const Prices& prices, std::optional<Wall> now) {
  std::vector<std::string_view> providers;
  std::vector<std::int64_t> least;
  std::vector<std::int64_t> steps;
  for (const auto& [provider, price] : prices) {
    providers.push_back(provider.str());
    least.push_back(price.minimum.count());
    steps.push_back(std::max<std::int64_t>(price.increment.count(), 1));
  }
  to.time(period.begin).time(period.end);
  to.texts(providers).integers(least).integers(steps).integer(billed_beyond_end(prices).count());
  if (now) to.time(*now);
}

std::vector<SpentBy> read_spending(const pg::Rows& rows) {
  std::vector<SpentBy> spent;
  for (int i = 0; i < rows.count(); ++i) {
    pg::Reader from(rows, i);
    spent.push_back(read_spent(from));
  }
  return spent;
}

}  // namespace keeper
