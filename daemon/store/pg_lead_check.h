// The question whether this process still leads a PostgreSQL store, on a connection of its own, so that it
// never waits for a transaction of the leader. The connection is opened with the first question, and anew
// after a failure. It belongs to one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/pg_store.h"

namespace keeper {

class PgLeadCheck {
 public:
  // `fence`: of the lead that is asked about.
  PgLeadCheck(PgSettings settings, PgFence fence);

  // When the question was sent, if this process leads; empty if another one does, or nobody. Waits up to the
  // patience of a commit. Error: the server did not answer.
  Result<std::optional<Mono>> ask();

 private:
  std::optional<Mono> ask_once(Mono until);

  const PgSettings settings_;
  const PgFence fence_;
  const std::string location_;
  std::unique_ptr<pg::Connection> connection_;
};

}  // namespace keeper
