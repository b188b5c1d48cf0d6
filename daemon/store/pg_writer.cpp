#include "store/pg_writer.h"

#include <algorithm>
#include <utility>

#include "store/rows.h"
#include "store/session_columns.h"

namespace keeper {
namespace {

using std::string;

constexpr std::size_t fence_place = 1;  // after BEGIN

// What rows are reckoned to take, with their places in the indices. The bytes of a row are known again when
// it is deleted, from columns that never change.
constexpr std::int64_t session_bytes = 1024;
constexpr std::int64_t transition_bytes = 384;
constexpr std::int64_t delivery_bytes = 384;

string placeholders(std::size_t first, std::size_t count) {
  string text;
  for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? ", $" : "$") + std::to_string(first + i);
  return text;
}

string session_upsert() {
  const auto columns = session_columns();
  string changes;
  for (const SessionColumn& column : columns) {
    if (column.is_fixed) continue;
    const string name(column.name);
    changes += (changes.empty() ? "" : ", ") + name + " = EXCLUDED." + name;
  }
  return "INSERT INTO @sessions(" + session_column_names() + ", number, chain_head) VALUES (" +
         placeholders(1, columns.size() + 2) + ") ON CONFLICT (id) DO UPDATE SET " + changes;
}

// An INSERT that replaces the whole row. `columns` as in rows.h.
string replacing(const string& table, const string& columns, const string& key) {
  string changes;
  std::size_t count = 0;
  for (std::size_t at = 0; at < columns.size(); ++count) {
    const std::size_t end = std::min(columns.find(", ", at), columns.size());
    const string name = columns.substr(at, end - at);
    changes += (changes.empty() ? "" : ", ") + name + " = EXCLUDED." + name;
    at = end + 2;
  }
  return "INSERT INTO " + table + "(" + columns + ") VALUES (" + placeholders(1, count) + ") ON CONFLICT (" +
         key + ") DO UPDATE SET " + changes;
}

std::int64_t length(const string& text) { return static_cast<std::int64_t>(text.size()); }

}  // namespace

PgWriter::PgWriter(pg::Connection& connection, const string& schema, PgFence fence, const LeadRow& lead)
    : connection_(connection),
      schema_(schema),
      fence_(std::move(fence)),
      last_seq_(lead.last_seq),
      commits_(lead.commits),
      fence_sql_(sql(fence_text)),
      find_sql_(
          sql("SELECT s.id, s.number, s.plan, s.provider, s.state, s.resolved, s.chain_head, t.to_state "
              "FROM @sessions s LEFT JOIN @transitions t ON t.session = s.number "
              "WHERE s.id = ANY($1::text[]) ORDER BY s.number, t.ordinal")),
      session_sql_(sql(session_upsert())),
      head_sql_(sql("UPDATE @sessions SET chain_head = $1 WHERE number = $2")),
      transition_sql_(sql(
          "INSERT INTO @transitions(seq, session, ordinal, plan, remote_id, from_state, to_state, reason, "
          "cause, at, recorded_at, detail, hash) VALUES (" +
          placeholders(1, 13) + ")")),
      counts_sql_(sql("UPDATE @session_counts SET sessions = sessions + $1 WHERE state = $2")),
      delivery_sql_(
          sql("INSERT INTO @deliveries(id, provider, key, type, progress, failed, remote_id, session, "
              "disposition, "
              "received_at, digest, body) VALUES (COALESCE($1, (SELECT COALESCE(MAX(id), 0) + 1 FROM "
              "@deliveries)), "
              "$2, $3, $4, $5, $6, $7, (SELECT number FROM @sessions WHERE id = $8), $9, $10, $11, $12) "
              "ON CONFLICT (provider, key) DO UPDATE SET disposition = EXCLUDED.disposition, "
              "session = EXCLUDED.session")),
      change_delivery_sql_(
          sql("WITH changed AS (UPDATE @deliveries SET disposition = $1, "
              "session = (SELECT number FROM @sessions WHERE id = $2) WHERE id = $3 RETURNING 1) "
              "SELECT 1 / count(*) FROM changed")),
      plan_sql_(sql(replacing("@plans", plan_columns, "name"))),
      missed_sql_(sql("INSERT INTO @missed(plan, occurrence, why, recorded_at) VALUES ($1, $2, $3, $4) "
                      "ON CONFLICT DO NOTHING")),
      resolve_alert_sql_(sql("DELETE FROM @alerts WHERE target = $1 AND topic = $2 AND subject = $3")),
      alert_sql_(sql(
          replacing("@alerts", "target, topic, subject, since, told_at, text", "target, topic, subject"))),
      message_sql_(
          sql("INSERT INTO @messages(id, target, created_at, attempts, next_at, state, settled_at, "
              "last_error, number) VALUES (" +
              placeholders(1, 8) +
              ", (SELECT COALESCE(MAX(number), 0) + 1 FROM @messages)) ON CONFLICT (id) DO UPDATE SET "
              "attempts = EXCLUDED.attempts, next_at = EXCLUDED.next_at, state = EXCLUDED.state, "
              "settled_at = EXCLUDED.settled_at, last_error = EXCLUDED.last_error")),
      // Once the message was sent, it says what it says.
      notice_sql_(
          sql("INSERT INTO @notices AS n(message, n, topic, phase, subject, since, at, times, text) "
              "VALUES (" +
              placeholders(1, 9) +
              ") ON CONFLICT (message, n) DO UPDATE SET topic = EXCLUDED.topic, phase = EXCLUDED.phase, "
              "subject = EXCLUDED.subject, since = EXCLUDED.since, at = EXCLUDED.at, "
              "times = EXCLUDED.times, text = EXCLUDED.text "
              "WHERE (SELECT attempts FROM @messages WHERE id = n.message) = 0")) {}

bool PgWriter::is_fenced(const pg::Failed& failure) {
  return failure.state() == not_leading && failure.statement() == fence_place;
}

void PgWriter::bind_fence(pg::Parameters& to, std::int64_t transitions, std::int64_t bytes) const {
  to.integer(fence_.epoch).text(fence_.token).integer(transitions).integer(bytes).integer(commits_);
}

void PgWriter::passed(const pg::Rows& fence) {
  pg::Reader from(fence, 0);
  from.skip();
  last_seq_ = from.integer();
  commits_ = from.integer();
}

Mono PgWriter::commit(const Batch& batch, Millis limit) {
  Draft draft(connection_);
  find_stored(batch, draft, limit);
  draft.seq = last_seq_;
  draft.number = last_number_;
  draft.pipeline.add(pg::begin_text);
  pg::Parameters& fence = draft.pipeline.add(fence_sql_);
  write(batch, draft);
  bind_fence(fence, draft.seq - last_seq_, draft.bytes);
  draft.pipeline.add(pg::commit_text);
  const Mono sent = BootClock::now();
  std::vector<pg::Rows> rows;
  try {
    rows = draft.pipeline.run(limit);
  } catch (const pg::Failed& failure) {
    if (failure.state() != not_leading || is_fenced(failure)) throw;
    throw PgMisfit("a delivery has no body and is not there");
  }
  passed(rows[fence_place]);
  last_number_ = draft.number;
  for (auto& [id, stored] : draft.sessions) {
    if (stored.resolved) {
      stored_.erase(id);
    } else {
      stored_.insert_or_assign(id, std::move(stored));
    }
  }
  return sent;
}

Mono PgWriter::renew(Millis limit) {
  pg::Pipeline pipeline(connection_);
  pipeline.add(pg::begin_text);
  bind_fence(pipeline.add(fence_sql_), 0, 0);
  pipeline.add(pg::commit_text);
  const Mono sent = BootClock::now();
  passed(pipeline.run(limit)[fence_place]);
  return sent;
}

Mono PgWriter::forget_other_boot(const string& boot, Millis limit) {
  const string forget =
      sql("UPDATE @sessions SET start_sent_mono = NULL, start_sent_by_mono = NULL WHERE resolved = 0 "
          "AND ($1 = '' OR (SELECT boot FROM @meta) <> $1)");
  const string note = sql("UPDATE @meta SET boot = $1 WHERE boot <> $1");
  pg::Pipeline pipeline(connection_);
  pipeline.add(pg::begin_text);
  bind_fence(pipeline.add(fence_sql_), 0, 0);
  pipeline.add(forget).text(boot);
  pipeline.add(note).text(boot);
  pipeline.add(pg::commit_text);
  const Mono sent = BootClock::now();
  passed(pipeline.run(limit)[fence_place]);
  return sent;
}

// One question for all sessions that are not in the memory: those that are new, and those that were over.
void PgWriter::find_stored(const Batch& batch, Draft& draft, Millis limit) {
  std::set<std::string_view> missing;
  const auto want = [&](const SessionId& id) {
    const auto known = stored_.find(id);
    if (known == stored_.end()) {
      missing.insert(id.str());
    } else {
      draft.sessions.insert(*known);
    }
  };
  for (const SessionRow& row : batch.sessions) want(row.id);
  for (const TransitionRow& row : batch.transitions) want(row.session);
  if (!missing.empty()) {
    const pg::Rows rows = pg::run(connection_, find_sql_, limit, [&](pg::Parameters& to) {
      to.texts({missing.begin(), missing.end()});
    });
    for (int i = 0; i < rows.count(); ++i) {
      pg::Reader from(rows, i);
      Stored& stored = draft.sessions[from.id<SessionId>()];
      stored.number = from.integer();
      stored.plan = from.id<PlanName>();
      stored.provider = from.id<ProviderName>();
      stored.state = from.word(parse_state);
      stored.resolved = from.boolean();
      stored.chain_head = from.text();
      if (!from.is_null()) stored.passed.push_back(from.word(parse_state));
    }
  }
  if (last_number_ >= 0 || batch.sessions.empty()) return;
  const string text = sql("SELECT COALESCE(MAX(number), 0) FROM @sessions");
  last_number_ = pg::Reader(pg::run(connection_, text, limit), 0).integer();
}

void PgWriter::write(const Batch& batch, Draft& draft) {
  for (const PlanRow& row : batch.plans) bind_plan(draft.pipeline.add(plan_sql_), row);
  for (const SessionRow* row : by_creation(batch.sessions)) write_session(*row, draft);
  for (const TransitionRow& row : batch.transitions) append(row, draft);
  for (const SessionId& id : draft.grown) {
    const Stored& stored = draft.sessions.at(id);
    draft.pipeline.add(head_sql_).blob(stored.chain_head).integer(stored.number);
  }
  for (const DeliveryRow& row : batch.deliveries) write_delivery(row, draft);
  for (const MissedRow& row : batch.missed) {
    draft.pipeline.add(missed_sql_)
        .text(row.plan)
        .time(row.occurrence)
        .name(to_string(row.why))
        .time(row.recorded_at);
  }
  write_notices(batch, draft);
  for (const State state : all_states) {
    const std::int64_t change = draft.counts[static_cast<std::size_t>(state)];
    if (change != 0) draft.pipeline.add(counts_sql_).integer(change).name(to_string(state));
  }
}

void PgWriter::write_session(const SessionRow& row, Draft& draft) {
  Stored& stored = draft.sessions[row.id];
  const bool is_new = !stored.state;
  if (is_new) {
    stored.number = ++draft.number;
    stored.plan = row.plan;
    stored.provider = row.provider;
    draft.bytes += session_bytes;
  } else if (*stored.state != row.state) {
    if (is_terminal(*stored.state) || row.state == State::queued)
      throw PgMisfit("a terminal state never changes, and no state goes back to queued");
    --draft.counts[static_cast<std::size_t>(*stored.state)];
  }
  if (is_new || *stored.state != row.state) ++draft.counts[static_cast<std::size_t>(row.state)];
  stored.state = row.state;
  stored.resolved = row.resolved;
  pg::Parameters& to = draft.pipeline.add(session_sql_);
  bind_session(to, row);
  to.integer(stored.number);
  to.bytes(Chain::start);
}

// A transition that is there already is left as it is: the outcome of an earlier commit was unknown.
void PgWriter::append(const TransitionRow& row, Draft& draft) {
  const auto found = draft.sessions.find(row.session);
  if (found == draft.sessions.end())
    throw PgMisfit("a transition of session " + row.session.str() + ", which is not there");
  Stored& stored = found->second;
  if (stored.plan != row.plan || stored.provider != row.provider)
    throw PgMisfit("a transition of session " + row.session.str() + " names another plan or provider");
  if (std::find(stored.passed.begin(), stored.passed.end(), row.to) != stored.passed.end()) return;
  const std::optional<State> last =
      stored.passed.empty() ? std::nullopt : std::optional<State>(stored.passed.back());
  if (last != row.from || (last && ordinal_of(*last) >= ordinal_of(row.to))) {
    throw PgMisfit("session " + row.session.str() + " cannot become " + string(to_string(row.to)) +
                   ", it is " + (last ? string(to_string(*last)) : "not created"));
  }
  stored.chain_head = chain_.link(stored.chain_head, row);
  stored.passed.push_back(row.to);
  draft.grown.insert(row.session);
  draft.bytes += transition_bytes + length(row.detail);
  pg::Parameters& to = draft.pipeline.add(transition_sql_);
  to.integer(++draft.seq)
      .integer(stored.number)
      .integer(ordinal_of(row.to))
      .text(row.plan)
      .text(row.remote_id);
  if (row.from) {
    to.name(to_string(*row.from));
  } else {
    to.null();
  }
  to.name(to_string(row.to)).name(to_string(row.reason)).name(to_string(row.cause));
  to.time(row.at).time(row.recorded_at).text(row.detail);
  to.bytes(stored.chain_head);
}

void PgWriter::write_delivery(const DeliveryRow& row, Draft& draft) {
  if (row.body.empty()) {
    draft.pipeline.add(change_delivery_sql_)
        .name(to_string(row.disposition))
        .text(row.session)
        .integer(row.id);
    return;
  }
  draft.bytes += delivery_bytes + length(row.body);
  pg::Parameters& to = draft.pipeline.add(delivery_sql_);
  if (row.id != 0) {
    to.integer(row.id);
  } else {
    to.null();
  }
  to.text(row.provider).text(row.key).text(row.type);
  to.integer(static_cast<int>(row.progress)).integer(row.failed ? 1 : 0);
  to.text(row.remote_id).text(row.session).name(to_string(row.disposition));
  to.time(row.received_at).text(row.digest).blob(row.body);
}

void PgWriter::write_message(const MessageRow& row, Draft& draft) {
  draft.pipeline.add(message_sql_)
      .text(row.id)
      .text(row.target)
      .time(row.created_at)
      .integer(row.attempts)
      .time(row.next_at)
      .name(to_string(row.state))
      .time(row.settled_at)
      .text(row.last_error);
  for (std::size_t n = 0; n < row.notices.size(); ++n) {
    const Notice& notice = row.notices[n];
    pg::Parameters& to = draft.pipeline.add(notice_sql_);
    to.text(row.id).integer(static_cast<std::int64_t>(n)).name(to_string(notice.topic));
    to.name(to_string(notice.phase)).text(notice.subject).time(notice.since).time(notice.at);
    to.integer(notice.times).text(notice.text);
  }
}

void PgWriter::write_notices(const Batch& batch, Draft& draft) {
  for (const AlertKey& key : batch.resolved) {
    draft.pipeline.add(resolve_alert_sql_).text(key.target).name(to_string(key.topic)).text(key.subject);
  }
  for (const AlertRow& row : batch.alerts) {
    pg::Parameters& to = draft.pipeline.add(alert_sql_);
    to.text(row.key.target).name(to_string(row.key.topic)).text(row.key.subject);
    to.time(row.since).time(row.told_at).text(row.text);
  }
  for (const MessageRow& row : batch.messages) write_message(row, draft);
}

}  // namespace keeper
