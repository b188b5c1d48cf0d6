// The lead: which node may write to a PostgreSQL store. One row says who leads, by an epoch that only rises
// and a token that is drawn for each claim. Whatever the leader writes is a transaction that changes this row
// where epoch and token are its own (the fence), so that no transaction of a former leader can follow a
// claim. A node believes that it leads up to a moment of its own boot-time clock, counted from when it sent
// the transaction that renewed the lease. Another one may claim only after it has seen the row unchanged for
// longer than that. No wall clock takes part. The functions throw pg::Failed; each object belongs to one
// thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "settings/database.h"
#include "store/pg.h"

namespace keeper {

// What the row says.
struct LeadRow {
  std::int64_t epoch = 0;
  std::int64_t beat = 0;  // rises with each renewal
  std::string token;
  std::string node;
  std::int64_t backend = 0;  // the server's process that the leader used
  Millis lease{0};
  bool released = true;  // nobody leads, and none may have a call under way
  std::int64_t commits = 0;
  std::int64_t last_seq = 0;
  std::string config_hash;               // the leader's
  std::optional<std::string> successor;  // the leader is asked to hand over to this node; "": to any
  // Of the database, when a leader last saw that it had lost no commit of its own; "": nobody has led.
  std::string timeline;
};

LeadRow look_at_lead(pg::Connection& connection, const std::string& schema, Millis limit);

// What a transaction of the leader carries.
struct PgFence {
  std::int64_t epoch = 0;
  std::string token;
};

// Renews the lease, counts the commit and moves the counters on. It fails with the state 22012 unless its
// sender leads and knows of every commit before this one, so that a transaction that was given up cannot
// arrive after a later one. $1: epoch; $2: token; $3: transitions that are added; $4: bytes that are added;
// $5: commits so far. Gives the last seq and the number of commits.
extern const char* const fence_text;
inline constexpr const char* not_leading = "22012";

struct Claimant {
  std::string node;
  Millis lease{0};
  std::string config_hash{};
};

// Takes the lead from whoever had it when the row was as it was seen, and ends the server's process of that
// leader, which may have stopped inside a transaction. Empty: the row has changed since.
std::optional<PgFence> claim_lead(pg::Connection& connection, const std::string& schema, const LeadRow& seen,
                                  const Claimant& claimant, Millis limit);

// Writes down that the database has lost nothing, whatever its timeline is now.
void note_timeline(pg::Connection& connection, const std::string& schema, const PgFence& fence, Millis limit);

// Lets another node claim at once. It does nothing where another one leads already.
void release_lead(pg::Connection& connection, const std::string& schema, const PgFence& fence, Millis limit);

// How long before the end of the lease its holder stops to believe in it: for the times between two reads of
// a clock, and for clocks that do not run alike.
inline Millis lease_margin(Millis lease) { return std::max(Millis{Seconds{1}}, lease / 10); }

// What a transaction of the leader waits for the server.
inline Millis transaction_patience(Millis lease) { return std::min<Millis>(Seconds{2}, lease / 5); }

// When a follower may claim: after it has watched the row, without a break, for 1 % more than the lease, and
// no renewal came. A look that failed, or that came late, may have missed one, so that counting begins anew.
class LeaseWatch {
 public:
  // `row`: empty where the look failed; `now`: after the answer. True: the lease is over.
  bool is_over(const std::optional<LeadRow>& row, Mono now);

 private:
  std::optional<LeadRow> seen_;
  Mono seen_at_{};
  Mono looked_at_{};
};

// How many acknowledged commits a database has lost, by what its row says from time to time. Where a commit
// waits for a standby, the last one that the row shows is not known to be acknowledged: it is seen as well
// where the wait was broken off, as on a primary that was cut off before its standby took over. Those before
// it were acknowledged, because a leader makes one after the other.
class CommitWatch {
 public:
  explicit CommitWatch(Durability durability) : unsure_(durability == Durability::replicated ? 1 : 0) {}

  // `commits`: of the row. How many are known to be lost since the last time.
  std::int64_t lost(std::int64_t commits);

 private:
  const std::int64_t unsure_;
  std::int64_t acknowledged_ = 0;  // at least
};

}  // namespace keeper
