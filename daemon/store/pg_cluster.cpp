#include "store/pg_cluster.h"

#include <utility>

#include "store/boot.h"
#include "store/pg_schema.h"
#include "store/pg_store.h"

namespace keeper {
namespace {

using std::string;

constexpr Millis statement_limit = Seconds{2};
constexpr Millis first_schema_limit = Seconds{30};
// A round trip that took longer says too little of a clock.
constexpr Millis round_trip_max = Millis{500};

const char* const now_ms = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

const char* const holds_lead = "EXISTS (SELECT 1 FROM @lead WHERE shard = 'all' AND epoch = $1)";

// The columns of bind_words(), of which the first is the parameter with this number.
string unnested_words(int first) {
  string columns;
  for (int i = first; i < first + 4; ++i)
    columns += (i == first ? "$" : ", $") + std::to_string(i) + "::text[]";
  return "unnest(" + columns + ")";
}

void bind_words(const std::vector<LateStart>& words, pg::Parameters& to) {
  for (const auto column :
       {&LateStart::node, &LateStart::provider, &LateStart::session, &LateStart::remote}) {
    std::vector<std::string_view> values;
    for (const LateStart& word : words) values.emplace_back(word.*column);
    to.texts(values);
  }
}

PgKnown known_of(const PgIdentity& identity) {
  return {identity.instance, identity.version <= pg_schema_version, identity.is_readable(),
          identity.moved_to.empty() ? string{} : moved_words(identity)};
}

}  // namespace

const char* to_word(NodeState state) { return word_of(node_state_words, state).data(); }

std::optional<NodeState> node_state_of(std::string_view word) { return value_of(node_state_words, word); }

string why_not_durable(pg::Connection& connection, Durability durability, Millis limit) {
  static const string text =
      "SELECT current_setting('fsync'), current_setting('full_page_writes'), "
      "current_setting('synchronous_commit'), current_setting('synchronous_standby_names')";
  const pg::Rows rows = pg::run(connection, text, limit);
  pg::Reader from(rows, 0);
  for (const char* setting : {"fsync", "full_page_writes"}) {
    if (from.text() != "on")
      return string(setting) + " is off, so that a loss of power can lose acknowledged commits; turn it on";
  }
  const string commits = from.text();
  if (commits != "on" && commits != "remote_apply")
    return "synchronous_commit is " + commits +
           ", so that a failure can lose acknowledged commits; turn it on";
  if (durability == Durability::replicated && from.text().empty())
    return "has no synchronous standby (synchronous_standby_names), so that acknowledged commits are "
           "lost with its machine; add one, or give store.durability: local or managed";
  return {};
}

PgCluster::PgCluster(PgSettings settings, std::function<Wall()> wall)
    : settings_(std::move(settings)), wall_(std::move(wall)), location_(pg_location(settings_)) {}

PgCluster::~PgCluster() = default;

template <class Call>
auto PgCluster::run(Call&& call, Millis connect_limit) -> decltype(call()) {
  auto done = pg::guarded(
      location_,
      [&]() -> decltype(call()) {
        if (!connection_) {
          connection_ =
              pg::Connection::open(settings_.url.reveal(), settings_.password.reveal(), connect_limit);
        }
        return call();
      },
      [](const pg::Failed&) { return ErrorKind::storage; });
  if (!done.ok()) connection_.reset();
  return done;
}

Result<PgKnown> PgCluster::identify_store() {
  return run([&]() -> Result<PgKnown> {
    PgIdentity identity = identify(*connection_, settings_.schema, statement_limit);
    if (identity.blank) {
      make_store(*connection_, settings_.schema, InstanceId(draw_hex()), first_schema_limit);
      identity = identify(*connection_, settings_.schema, statement_limit);
    }
    return known_of(identity);
  });
}

Result<LeadRow> PgCluster::look() {
  return run(
      [&]() -> Result<LeadRow> { return look_at_lead(*connection_, settings_.schema, statement_limit); });
}

DatabaseFacts PgCluster::read_facts() {
  static const string text =
      string("SELECT coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'local socket'), ") +
      "split_part(current_setting('server_version'), ' ', 1), "
      "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), "
      // Whoever may not see the state of a standby sees that there is one.
      "(SELECT count(*) FROM pg_stat_replication WHERE coalesce(sync_state, 'sync') IN ('sync', "
      "'quorum')), " +
      now_ms;
  const Wall before = wall_();
  const pg::Rows rows = pg::run(*connection_, text, statement_limit);
  const Wall after = wall_();
  pg::Reader from(rows, 0);
  DatabaseFacts facts;
  facts.server = from.text();
  facts.version = from.text();
  facts.timeline = from.text();
  facts.synchronous_standbys = from.small();
  const Wall theirs = from.time();
  clock_offset_.reset();
  if (after - before <= round_trip_max) clock_offset_ = before + (after - before) / 2 - theirs;
  return facts;
}

std::vector<NodeRow> PgCluster::read_nodes() {
  const string text =
      pg::in_schema(string("SELECT node, incarnation, version, address, config_hash, state, greatest(") +
                        now_ms + " - seen_at, 0), clock_offset_ms FROM @nodes ORDER BY node, began_at",
                    settings_.schema);
  const pg::Rows rows = pg::run(*connection_, text, statement_limit);
  std::vector<NodeRow> nodes;
  for (int i = 0; i < rows.count(); ++i) {
    pg::Reader from(rows, i);
    NodeRow& node = nodes.emplace_back();
    node.node = from.text();
    node.incarnation = from.text();
    node.version = from.text();
    node.address = from.text();
    node.config_hash = from.text();
    // A newer program may know more states.
    node.state = node_state_of(from.text()).value_or(NodeState::follower);
    node.seen_ago = Millis{from.integer()};
    if (!from.is_null()) node.clock_offset = Millis{from.integer()};
  }
  return nodes;
}

Result<ClusterRead> PgCluster::exchange(const NodeRow& own, std::int64_t epoch) {
  return run([&]() -> Result<ClusterRead> {
    ClusterRead read;
    read.database = read_facts();
    read.clock_offset = clock_offset_;
    const string write = pg::in_schema(
        string("INSERT INTO @nodes VALUES ($1, $2, $3, $4, $5, $6, $7, ") + now_ms + ", " + now_ms +
            " - $8) ON CONFLICT (node, incarnation) DO UPDATE SET version = excluded.version, "
            "address = excluded.address, config_hash = excluded.config_hash, state = excluded.state, "
            "clock_offset_ms = excluded.clock_offset_ms, seen_at = excluded.seen_at",
        settings_.schema);
    // A process that was not seen since another one of its name began has ended.
    const string tidy =
        pg::in_schema(string("DELETE FROM @nodes WHERE seen_at < ") + now_ms +
                          " - 86400000 OR node = $1 AND incarnation <> $2 AND seen_at <= "
                          "(SELECT began_at FROM @nodes WHERE node = $1 AND incarnation = $2)",
                      settings_.schema);
    const string tell = pg::in_schema(
        "UPDATE @lead SET config_hash = $1 WHERE shard = 'all' AND epoch = $2 AND config_hash <> $1",
        settings_.schema);
    pg::Pipeline pipeline(*connection_);
    pipeline.add(pg::begin_text);
    pg::Parameters& row = pipeline.add(write);
    row.text(own.node).text(own.incarnation).text(own.version).text(own.address).text(own.config_hash);
    row.name(to_word(own.state));
    clock_offset_ ? row.integer(clock_offset_->count()) : row.null();
    row.integer((BootClock::now() - began_).count());
    pipeline.add(tidy).text(own.node).text(own.incarnation);
    if (epoch > 0) pipeline.add(tell).text(own.config_hash).integer(epoch);
    pipeline.add(pg::commit_text);
    pipeline.run(statement_limit);
    read.nodes = read_nodes();
    read.lead = look_at_lead(*connection_, settings_.schema, statement_limit);
    read.database.commits = read.lead.commits;
    return read;
  });
}

Result<std::vector<NodeRow>> PgCluster::nodes() {
  return run([&]() -> Result<std::vector<NodeRow>> { return read_nodes(); });
}

Status PgCluster::leave(const string& node, const string& incarnation) {
  return run([&]() -> Status {
    const string text =
        pg::in_schema("DELETE FROM @nodes WHERE node = $1 AND incarnation = $2", settings_.schema);
    pg::run(*connection_, text, statement_limit,
            [&](pg::Parameters& to) { to.text(node).text(incarnation); });
    return Done{};
  });
}

Status PgCluster::ask_hand_over(const string& node) {
  return run([&]() -> Status {
    const string text = pg::in_schema("UPDATE @lead SET successor = $1 WHERE shard = 'all' AND released = 0",
                                      settings_.schema);
    const pg::Rows rows =
        pg::run(*connection_, text, statement_limit, [&](pg::Parameters& to) { to.text(node); });
    if (rows.changed() == 1) return Done{};
    return Error{ErrorKind::storage, "no node leads, so that none can hand over"};
  });
}

Status PgCluster::leave_words(const std::vector<LateStart>& late, Millis limit) {
  const Mono until = BootClock::now() + limit;
  const string text = pg::in_schema(
      "INSERT INTO @late SELECT n.*, " + string(now_ms) + " FROM " + unnested_words(1) + " AS n",
      settings_.schema);
  return run(
      [&]() -> Status {
        pg::run(*connection_, text, until - BootClock::now(),
                [&](pg::Parameters& to) { bind_words(late, to); });
        return Done{};
      },
      limit);
}

Result<std::vector<LateStart>> PgCluster::words(std::int64_t epoch) {
  return run([&]() -> Result<std::vector<LateStart>> {
    const string text = pg::in_schema(
        string("SELECT node, provider, session, remote FROM @late WHERE ") + holds_lead + " ORDER BY at",
        settings_.schema);
    const pg::Rows rows =
        pg::run(*connection_, text, statement_limit, [&](pg::Parameters& to) { to.integer(epoch); });
    std::vector<LateStart> words;
    for (int i = 0; i < rows.count(); ++i) {
      pg::Reader from(rows, i);
      LateStart& late = words.emplace_back();
      late.node = from.text();
      late.provider = from.text();
      late.session = from.text();
      late.remote = from.text();
    }
    return words;
  });
}

Status PgCluster::take_words(std::int64_t epoch, const std::vector<LateStart>& told) {
  return run([&]() -> Status {
    const string text = pg::in_schema(string("DELETE FROM @late WHERE ") + holds_lead +
                                          " AND (node, provider, session, remote) IN (SELECT n.* FROM " +
                                          unnested_words(2) + " AS n)",
                                      settings_.schema);
    pg::run(*connection_, text, statement_limit, [&](pg::Parameters& to) {
      to.integer(epoch);
      bind_words(told, to);
    });
    return Done{};
  });
}

Result<string> PgCluster::not_durable() {
  return run([&]() -> Result<string> {
    return why_not_durable(*connection_, settings_.durability, statement_limit);
  });
}

Result<DatabaseInspection> PgCluster::inspect() {
  return run([&]() -> Result<DatabaseInspection> {
    static const string rights_text =
        "SELECT coalesce((SELECT has_schema_privilege(n.oid, 'USAGE') AND CASE WHEN count(c.oid) = 0 "
        "THEN has_schema_privilege(n.oid, 'CREATE') ELSE bool_and(has_table_privilege(c.oid, 'SELECT') AND "
        "has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND "
        "has_table_privilege(c.oid, 'DELETE')) END FROM pg_namespace n LEFT JOIN pg_class c "
        "ON c.relnamespace = n.oid AND c.relkind = 'r' WHERE n.nspname = $1 GROUP BY n.oid), "
        "has_database_privilege(current_database(), 'CREATE')), "
        "has_function_privilege('pg_terminate_backend(integer, bigint)', 'EXECUTE'), "
        "pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')";
    DatabaseInspection found;
    found.database = read_facts();
    found.clock_offset = clock_offset_;
    const pg::Rows rows = pg::run(*connection_, rights_text, statement_limit,
                                  [&](pg::Parameters& to) { to.text(settings_.schema); });
    pg::Reader from(rows, 0);
    found.can_write = from.boolean();
    found.can_end_others = from.boolean();
    found.sees_standbys = from.boolean();
    found.not_durable = why_not_durable(*connection_, settings_.durability, statement_limit);
    const PgIdentity identity = identify(*connection_, settings_.schema, statement_limit);
    if (!identity.blank) found.store = known_of(identity);
    return found;
  });
}

}  // namespace keeper
