// Reads of the history where a connection that was kept has broken.
#include "store/pg_history.h"

#include "store/pg_server.h"
#include "store/pg_world.h"

using namespace keeper;
using namespace keeper::kit;

TEST_CASE("a read over a kept connection that broke is carried out on a fresh one", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  must_commit(*open_pg(settings), story(session(1), State::active));
  const auto history = std::move(*PgHistory::open(settings));
  const auto found = [&] {
    const auto row = history->session(SessionId("s1"));
    if (!row) FAIL(row.error().what);
    return row->has_value();
  };
  CHECK(found());
  const int how = GENERATE(0, 1);
  if (how == 0) {
    run_pg_sql(settings,
               "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
               "WHERE pid <> pg_backend_pid() AND usename = current_user");
  } else {
    PgServer::shared().stop("immediate");
    PgServer::shared().start();
  }
  CHECK(found());
  CHECK(found());
}

TEST_CASE("a read fails where the server is gone, and works again with it", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  must_commit(*open_pg(settings), story(session(1), State::active));
  const auto history = std::move(*PgHistory::open(settings));
  PgServer::shared().stop("fast");
  CHECK_FALSE(history->session(SessionId("s1")).ok());
  PgServer::shared().start();
  CHECK(history->session(SessionId("s1")).ok());
}
