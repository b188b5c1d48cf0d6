#include "store/history_query.h"

#include <limits>

#include "store/rows.h"
#include "store/session_columns.h"

namespace keeper {
namespace {

using std::string;

constexpr const char* by_session_id = " = (SELECT number FROM @sessions WHERE id = ?)";

string indexed_by(const char* index, Dialect dialect) {
  return *index == '\0' || dialect == Dialect::postgresql ? "" : string(" INDEXED BY ") + index;
}

// The texts below are written with ? and @.
string in_dialect(const string& text, Dialect dialect) {
  string whole;
  int place = 0;
  for (const char c : text) {
    if (c == '?' && dialect == Dialect::postgresql) {
      whole += "$" + std::to_string(++place);
    } else if (c != '@' || dialect == Dialect::postgresql) {
      whole += c;
    }
  }
  return whole;
}

const char* index_for(const SessionQuery& query) {
  if (query.state && !is_terminal(*query.state)) return "sessions_unresolved";
  if (query.plan) return query.state ? "sessions_by_plan_state" : "sessions_by_plan";
  if (query.provider) return query.state ? "sessions_by_provider_state" : "sessions_by_provider";
  return query.state ? "sessions_by_state" : "";
}

const char* index_for(const TransitionQuery& query) {
  if (query.session) return "transitions_by_session";
  return query.plan ? "transitions_by_plan" : "";
}

// Without it, all that is older would be read only to be left out.
bool looks_for_first(const TransitionQuery& query) {
  return query.since && !query.session && query.after_seq.value_or(0) == 0;
}

// Nearly all deliveries of a followed type are applied.
const char* index_for(const DeliveryQuery& query) {
  if (query.session) return "deliveries_by_session";
  if (query.disposition && !(query.provider && *query.disposition == Disposition::applied)) {
    return "deliveries_by_disposition";
  }
  return query.provider ? "deliveries_by_provider" : "";
}

// A partial index is used only where its own condition stands in the query, word for word.
string state_condition(State state) {
  const string literal = " AND state = '" + string(to_string(state)) + "'";
  return literal +
         (is_terminal(state) ? " AND state IN ('closed', 'error', 'timed_out')" : " AND resolved = 0");
}

std::int64_t before_or_end(const std::optional<std::int64_t>& before) {
  return before.value_or(std::numeric_limits<std::int64_t>::max());
}

}  // namespace

string list_text(const SessionQuery& query, Dialect dialect) {
  string text =
      "SELECT number, " + session_column_names() + " FROM @sessions" + indexed_by(index_for(query), dialect);
  text += " WHERE number < ?";
  if (query.plan) text += " AND plan = ?";
  if (query.provider) text += " AND provider = ?";
  if (query.state) text += state_condition(*query.state);
  return in_dialect(text + " ORDER BY number DESC LIMIT ?", dialect);
}

void bind(sql::Binder& to, const SessionQuery& query) {
  to.integer(before_or_end(query.before));
  if (query.plan) to.text(*query.plan);
  if (query.provider) to.text(*query.provider);
  to.integer(query.limit + 1);
}

string list_text(const TransitionQuery& query, Dialect dialect) {
  string text = string("SELECT t.seq, ") + transition_columns + " FROM @transitions t" +
                indexed_by(index_for(query), dialect) + (dialect == Dialect::sqlite ? " CROSS" : "") +
                " JOIN @sessions s ON s.number = t.session WHERE t.seq < ?";
  if (query.session) text += string(" AND t.session") + by_session_id;
  if (query.plan) text += " AND t.plan = ?";
  if (query.after_seq) text += " AND t.seq > ?";
  if (query.since) text += " AND t.recorded_at >= ?";
  if (looks_for_first(query)) {
    text += " AND t.seq >= (SELECT MIN(seq) FROM @transitions" + indexed_by("transitions_by_time", dialect) +
            " WHERE recorded_at >= ?)";
  }
  return in_dialect(text + (query.after_seq ? " ORDER BY t.seq LIMIT ?" : " ORDER BY t.seq DESC LIMIT ?"),
                    dialect);
}

void bind(sql::Binder& to, const TransitionQuery& query) {
  to.integer(before_or_end(query.before));
  if (query.session) to.text(*query.session);
  if (query.plan) to.text(*query.plan);
  if (query.after_seq) to.integer(*query.after_seq);
  if (query.since) to.time(*query.since);
  if (looks_for_first(query)) to.time(*query.since);
  to.integer(query.limit + 1);
}

string list_text(const DeliveryQuery& query, Dialect dialect) {
  string text = string("SELECT d.id, ") + delivery_columns + " FROM @deliveries d" +
                indexed_by(index_for(query), dialect) +
                " LEFT JOIN @sessions s ON s.number = d.session WHERE d.id < ?";
  if (query.provider) text += " AND d.provider = ?";
  if (query.disposition) text += " AND d.disposition = ?";
  if (query.session) text += string(" AND d.session") + by_session_id;
  return in_dialect(text + " ORDER BY d.id DESC LIMIT ?", dialect);
}

void bind(sql::Binder& to, const DeliveryQuery& query) {
  to.integer(before_or_end(query.before));
  if (query.provider) to.text(*query.provider);
  if (query.disposition) to.name(to_string(*query.disposition));
  if (query.session) to.text(*query.session);
  to.integer(query.limit + 1);
}

string list_text(const MessageQuery& query, Dialect dialect) {
  string text = string("SELECT number, ") + message_columns + " FROM @messages WHERE number < ?";
  if (query.target) text += " AND target = ?";
  return in_dialect(text + " ORDER BY number DESC LIMIT ?", dialect);
}

void bind(sql::Binder& to, const MessageQuery& query) {
  to.integer(before_or_end(query.before));
  if (query.target) to.text(*query.target);
  to.integer(query.limit + 1);
}

}  // namespace keeper
