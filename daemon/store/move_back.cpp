#include "store/move_back.h"

#include <filesystem>
#include <memory>
#include <vector>

#include "store/pg_backup.h"
#include "store/pg_cluster.h"
#include "store/pg_schema.h"
#include "store/pg_store.h"
#include "store/pg_verify.h"

namespace keeper {
namespace {

using std::string;

constexpr Millis move_limit = Seconds{30};

std::unique_ptr<pg::Connection> connection_to(const PgSettings& settings) {
  return pg::Connection::open(settings.url.reveal(), settings.password.reveal(), Seconds{5});
}

template <class Call>
auto at_database(const PgSettings& settings, Call&& call) -> decltype(call()) {
  return pg::guarded(pg_location(settings), std::forward<Call>(call),
                     [](const pg::Failed&) { return ErrorKind::storage; });
}

// Why the store may not be moved; empty: it may.
string why_not_moved(const PgIdentity& identity, const LeadRow& lead, const std::vector<NodeRow>& nodes) {
  if (!identity.moved_to.empty()) return moved_words(identity);
  if (identity.version > pg_schema_version) return "was written by a newer session-keeper; use that version";
  if (!lead.released)
    return "is led by node " + lead.node +
           ", or that node has not given the lead back; stop every daemon first, and where it was killed, "
           "start one and stop it";
  for (const NodeRow& node : nodes) {
    if (is_live(node))
      return "is used by node " + node.node + "; stop every daemon first, or wait " +
             to_text(node_gone_after) + " if it was killed";
  }
  return {};
}

// No node has taken the lead since the row was seen, and none can afterwards.
bool mark_moved(pg::Connection& connection, const string& schema, const LeadRow& seen, const string& path) {
  const string text = pg::in_schema(
      "WITH unled AS (UPDATE @lead SET beat = beat + 1 WHERE shard = 'all' AND epoch = $1 AND beat = $2 AND "
      "released = 1 RETURNING 1) UPDATE @meta SET moved_to = $3, moved_at = $4 WHERE EXISTS (SELECT 1 FROM "
      "unled)",
      schema);
  const pg::Rows rows = pg::run(connection, text, move_limit, [&](pg::Parameters& to) {
    to.integer(seen.epoch).integer(seen.beat).text(path).time(wall_now());
  });
  return rows.changed() == 1;
}

Status mark_database(const PgSettings& settings, const string& path) {
  return at_database(settings, [&]() -> Status {
    const auto connection = connection_to(settings);
    const string place = "store " + pg_location(settings) + ": ";
    const PgIdentity identity = identify(*connection, settings.schema, move_limit);
    if (identity.blank) return Error{ErrorKind::storage, place + "there is none"};
    const Result<std::vector<NodeRow>> nodes = PgCluster(settings).nodes();
    if (!nodes) return nodes.error();
    const LeadRow seen = look_at_lead(*connection, settings.schema, move_limit);
    const string why = why_not_moved(identity, seen, *nodes);
    if (!why.empty()) return Error{ErrorKind::storage, place + why};
    if (mark_moved(*connection, settings.schema, seen, path)) return Done{};
    return Error{ErrorKind::storage, place + "was taken by a node just now; stop every daemon first"};
  });
}

// What is in the file then.
Result<Verification> copy_and_compare(const PgSettings& settings, const string& path) {
  const Result<Verification> there = verify_store(settings);
  if (!there) return there;
  const Status copied = backup_database(settings, path);
  if (!copied) return copied.error();
  Result<Verification> here = verify_store(path);
  if (!here) return here;
  string why;
  if (!there->problems.empty()) why = there->problems.front();
  if (!here->problems.empty()) why = here->problems.front();
  if (there->sessions != here->sessions || there->transitions != here->transitions ||
      there->deliveries != here->deliveries)
    why = "the file has not all rows";
  if (why.empty()) return here;
  std::filesystem::remove(path);
  return Error{ErrorKind::storage, "store " + pg_location(settings) + ": was not moved: " + why};
}

}  // namespace

Result<Verification> move_back(const PgSettings& settings, const string& path) {
  if (std::filesystem::exists(path))
    return Error{ErrorKind::storage, path + ": is there already; give the name of a new file"};
  const string whole_path = std::filesystem::absolute(path).lexically_normal();
  if (const Status marked = mark_database(settings, whole_path); !marked) return marked.error();
  Result<Verification> moved = copy_and_compare(settings, path);
  if (moved) return moved;
  if (const Result<bool> undone = take_back_moved(settings); !undone)
    return Error{ErrorKind::storage, moved.error().what + "; the mark is still there (" +
                                         undone.error().what +
                                         "): `session-keeper move-store --undo --from URL` takes it away"};
  return moved;
}

Result<bool> take_back_moved(const PgSettings& settings) {
  return at_database(settings, [&]() -> Result<bool> {
    const auto connection = connection_to(settings);
    if (identify(*connection, settings.schema, move_limit).blank)
      return Error{ErrorKind::storage, "store " + pg_location(settings) + ": there is none"};
    const string text = pg::in_schema(
        "UPDATE @meta SET moved_to = NULL, moved_at = NULL WHERE moved_to IS NOT NULL", settings.schema);
    return pg::run(*connection, text, move_limit).changed() == 1;
  });
}

}  // namespace keeper
