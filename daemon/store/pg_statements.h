// The statements of PgWriter, of which each takes all rows of its kind as arrays (pg_arrays.h). They have no
// names at the server, which a pooler in transaction mode may change between two transactions. Constant, so
// that any thread may read them.
#pragma once

#include <string>

namespace keeper {

struct PgStatements {
  explicit PgStatements(const std::string& schema);

  const std::string fence;
  const std::string find_sessions;
  const std::string last_number;
  const std::string sessions;  // columns of bind_session(), number, chain_head
  const std::string heads;     // number, chain_head
  const std::string transitions;
  const std::string counts;              // state, by how many they change
  const std::string deliveries;          // numbered by whoever sends them
  const std::string unnumbered;          // likewise, without the number
  const std::string changed_deliveries;  // id, disposition, session; fails with 22012 unless all are there
  const std::string plans;               // of bind_plan()
  const std::string missed;
  const std::string resolved_alerts;  // target, topic, subject
  const std::string alerts;
  const std::string messages;
  const std::string notices;
};

}  // namespace keeper
