#include "store/pg_lead.h"

#include "base/planted.h"
#include "store/boot.h"

namespace keeper {
namespace {

constexpr const char* current_timeline = "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

}  // namespace

const char* const fence_text =
    "WITH fence AS (UPDATE @lead SET beat = beat + 1, commits = commits + 1, last_seq = last_seq + $3, "
    "bytes = bytes + $4 WHERE shard = 'all' AND epoch = $1 AND token = $2 AND released = 0 AND commits = $5 "
    "RETURNING last_seq, commits) SELECT 1 / count(*), max(last_seq), max(commits) FROM fence";

LeadRow look_at_lead(pg::Connection& connection, const std::string& schema, Millis limit) {
  const std::string text = pg::in_schema(
      "SELECT epoch, beat, token, node, backend, lease_ms, released, commits, last_seq, config_hash, "
      "successor, timeline FROM @lead "
      "WHERE shard = 'all'",
      schema);
  const pg::Rows rows = pg::run(connection, text, limit);
  if (rows.count() != 1) sql::fail_corrupt("has lost the row that says who leads");
  pg::Reader from(rows, 0);
  LeadRow row;
  row.epoch = from.integer();
  row.beat = from.integer();
  row.token = from.text();
  row.node = from.text();
  row.backend = from.integer();
  row.lease = Millis{from.integer()};
  row.released = from.boolean();
  row.commits = from.integer();
  row.last_seq = from.integer();
  row.config_hash = from.text();
  row.successor = from.optional_id<std::string>();
  row.timeline = from.text();
  return row;
}

std::optional<PgFence> claim_lead(pg::Connection& connection, const std::string& schema, const LeadRow& seen,
                                  const Claimant& claimant, Millis limit) {
  if (!seen.released && seen.backend != 0) {
    // Nothing where it has gone, since a number without a process is worth a warning to the server.
    static const std::string end_other =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND usename = current_user";
    try {
      pg::run(connection, end_other, limit, [&](pg::Parameters& to) { to.integer(seen.backend); });
    } catch (const pg::Failed& failure) {
      // Whose process it is may have changed, and then it may not be ended.
      if (failure.state().empty()) throw;
    }
  }
  const PgFence fence{seen.epoch + 1, draw_hex()};
  const std::string text = pg::in_schema(
      std::string("UPDATE @lead SET epoch = $1, beat = 0, token = $2, node = $3, backend = "
                  "pg_backend_pid(), lease_ms = $4, config_hash = $7, successor = NULL, released = 0, "
                  "timeline = ") +
          current_timeline + " WHERE shard = 'all' AND epoch = $5 AND beat = $6",
      schema);
  const pg::Rows rows = pg::run(connection, text, limit, [&](pg::Parameters& to) {
    to.integer(fence.epoch).text(fence.token).text(claimant.node).integer(claimant.lease.count());
    to.integer(seen.epoch).integer(seen.beat).text(claimant.config_hash);
  });
  return rows.changed() == 1 ? std::optional<PgFence>(fence) : std::nullopt;
}

void note_timeline(pg::Connection& connection, const std::string& schema, const PgFence& fence,
                   Millis limit) {
  const std::string text = pg::in_schema(
      std::string("UPDATE @lead SET timeline = ") + current_timeline +
          " WHERE shard = 'all' AND epoch = $1 AND token = $2 AND timeline <> " + current_timeline,
      schema);
  pg::run(connection, text, limit, [&](pg::Parameters& to) { to.integer(fence.epoch).text(fence.token); });
}

void release_lead(pg::Connection& connection, const std::string& schema, const PgFence& fence, Millis limit) {
  const std::string text = pg::in_schema(
      "UPDATE @lead SET released = 1 WHERE shard = 'all' AND epoch = $1 AND token = $2", schema);
  pg::run(connection, text, limit, [&](pg::Parameters& to) { to.integer(fence.epoch).text(fence.token); });
}

bool LeaseWatch::is_over(const std::optional<LeadRow>& row, Mono now) {
  if (!row) {
    if (!planted(Bug::watch_goes_on)) seen_.reset();
    return false;
  }
  const bool same = seen_ && seen_->epoch == row->epoch && seen_->beat == row->beat;
  const bool broken = now - looked_at_ > row->lease / 2 && !planted(Bug::watch_goes_on);
  if (!same || broken) {
    seen_ = row;
    seen_at_ = now;
  }
  looked_at_ = now;
  return row->released || now - seen_at_ >= row->lease + row->lease / 100;
}

std::int64_t CommitWatch::lost(std::int64_t commits) {
  const std::int64_t lost = std::max<std::int64_t>(acknowledged_ - commits, 0);
  acknowledged_ = lost > 0 ? commits - unsure_ : std::max(acknowledged_, commits - unsure_);
  return lost;
}

}  // namespace keeper
