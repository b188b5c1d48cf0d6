#include "store/pg_statements.h"

#include <algorithm>

#include "store/pg.h"
#include "store/pg_lead.h"
#include "store/rows.h"
#include "store/session_columns.h"

namespace keeper {
namespace {

using std::string;

// As bind_plan() binds them.
constexpr const char* plan_types =
    "name text, known_since bigint, looked_until bigint, schedule text, handled text, buffered bigint, "
    "window_time bigint, window_occurrence bigint, paused_since bigint, paused_until bigint, "
    "pause_reason text, by_hand_begin bigint, by_hand_end bigint";
constexpr const char* alert_types =
    "target text, topic text, subject text, since bigint, told_at bigint, text text";
constexpr const char* notice_types =
    "message text, n bigint, topic text, phase text, subject text, since bigint, at bigint, times bigint, "
    "text text";
constexpr const char* message_types =
    "id text, target text, created_at bigint, attempts bigint, next_at bigint, state text, "
    "settled_at bigint, last_error text";
constexpr const char* transition_types =
    "seq bigint, session bigint, ordinal bigint, plan text, remote_id text, from_state text, to_state text, "
    "reason text, cause text, at bigint, recorded_at bigint, detail text, hash bytea";
constexpr const char* delivery_types =
    "provider text, key text, type text, progress bigint, failed bigint, remote_id text, session text, "
    "disposition text, received_at bigint, digest text, body bytea";

string insert(const string& table, const string& types) {
  return "INSERT INTO " + table + "(" + pg::names(types) + ") SELECT " + pg::names(types, "n.") + " FROM " +
         pg::unnest(types);
}

// "a, b" -> "a = EXCLUDED.a, b = EXCLUDED.b"
string replacing(const string& columns) {
  string changes;
  for (std::size_t at = 0; at < columns.size();) {
    const std::size_t end = std::min(columns.find(", ", at), columns.size());
    const string name = columns.substr(at, end - at);
    changes += (changes.empty() ? "" : ", ") + name + " = EXCLUDED." + name;
    at = end + 2;
  }
  return changes;
}

// What is there is replaced as a whole.
string replace(const string& table, const string& types, const string& key) {
  return insert(table, types) + " ON CONFLICT (" + key + ") DO UPDATE SET " + replacing(pg::names(types));
}

string session_upsert() {
  string types;
  string changes;
  for (const SessionColumn& column : session_columns()) {
    const string name(column.name);
    types += name + (column.kind == sql::Kind::integer ? " bigint, " : " text, ");
    if (!column.is_fixed) changes += name + ", ";
  }
  return insert("@sessions", types + "number bigint, chain_head bytea") + " ON CONFLICT (id) DO UPDATE SET " +
         replacing(changes + "chain_head");
}

// `id`: the expression of its number.
string delivery_upsert(const string& id, const string& types) {
  const string columns = pg::names(delivery_types);
  string values = pg::names(delivery_types, "n.");
  const string session = "n.session";
  values.replace(values.find(session), session.size(),
                 "(SELECT s.number FROM @sessions s WHERE s.id = n.session)");
  return "INSERT INTO @deliveries(id, " + columns + ") SELECT " + id + ", " + values + " FROM " +
         pg::unnest(types) +
         " ON CONFLICT (provider, key) DO UPDATE SET disposition = EXCLUDED.disposition, "
         "session = EXCLUDED.session";
}

}  // namespace

PgStatements::PgStatements(const string& schema)
    : fence(pg::in_schema(fence_text, schema)),
      find_sessions(pg::in_schema(
          "SELECT s.id, s.number, s.plan, s.provider, s.state, s.resolved, s.chain_head, t.to_state "
          "FROM @sessions s LEFT JOIN @transitions t ON t.session = s.number "
          "WHERE s.id = ANY($1::text[]) ORDER BY s.number, t.ordinal",
          schema)),
      last_number(pg::in_schema("SELECT COALESCE(MAX(number), 0) FROM @sessions", schema)),
      sessions(pg::in_schema(session_upsert(), schema)),
      heads(pg::in_schema("UPDATE @sessions s SET chain_head = n.chain_head FROM " +
                              pg::unnest("number bigint, chain_head bytea") + " WHERE s.number = n.number",
                          schema)),
      transitions(pg::in_schema(insert("@transitions", transition_types), schema)),
      counts(pg::in_schema("UPDATE @session_counts c SET sessions = c.sessions + n.change FROM " +
                               pg::unnest("state text, change bigint") + " WHERE c.state = n.state",
                           schema)),
      deliveries(pg::in_schema(delivery_upsert("n.id", "id bigint, " + string(delivery_types)), schema)),
      unnumbered(pg::in_schema(
          delivery_upsert("(SELECT COALESCE(MAX(id), 0) FROM @deliveries) + n.nth", delivery_types), schema)),
      changed_deliveries(
          pg::in_schema("WITH changed AS (UPDATE @deliveries d SET disposition = n.disposition, "
                        "session = (SELECT s.number FROM @sessions s WHERE s.id = n.session) FROM " +
                            pg::unnest("id bigint, disposition text, session text") +
                            " WHERE d.id = n.id RETURNING 1) "
                            "SELECT 1 / (count(*) = cardinality($1))::int FROM changed",
                        schema)),
      plans(pg::in_schema(replace("@plans", plan_types, "name"), schema)),
      missed(pg::in_schema(insert("@missed", "plan text, occurrence bigint, why text, recorded_at bigint") +
                               " ON CONFLICT DO NOTHING",
                           schema)),
      resolved_alerts(pg::in_schema("DELETE FROM @alerts a USING " +
                                        pg::unnest("target text, topic text, subject text") +
                                        " WHERE a.target = n.target AND a.topic = n.topic "
                                        "AND a.subject = n.subject",
                                    schema)),
      alerts(pg::in_schema(replace("@alerts", alert_types, "target, topic, subject"), schema)),
      messages(pg::in_schema("INSERT INTO @messages(" + pg::names(message_types) + ", number) SELECT " +
                                 pg::names(message_types, "n.") +
                                 ", (SELECT COALESCE(MAX(number), 0) FROM @messages) + n.nth FROM " +
                                 pg::unnest(message_types) + " ON CONFLICT (id) DO UPDATE SET " +
                                 replacing("attempts, next_at, state, settled_at, last_error"),
                             schema)),
      // Once the message was sent, it says what it says.
      notices(pg::in_schema("INSERT INTO @notices AS o(" + pg::names(notice_types) + ") SELECT " +
                                pg::names(notice_types, "n.") + " FROM " + pg::unnest(notice_types) +
                                " ON CONFLICT (message, n) DO UPDATE SET " +
                                replacing("topic, phase, subject, since, at, times, text") +
                                " WHERE (SELECT attempts FROM @messages WHERE id = o.message) = 0",
                            schema)) {}

}  // namespace keeper
