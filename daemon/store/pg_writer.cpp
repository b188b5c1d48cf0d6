#include "store/pg_writer.h"

#include <algorithm>
#include <unordered_set>
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

constexpr int forgotten_at_once = 2000;  // sessions

std::int64_t length(const string& text) { return static_cast<std::int64_t>(text.size()); }

// Adds the statement, where there are rows for it.
void write_rows(pg::RowArrays& rows, const string& text, pg::Pipeline& to) {
  if (rows.size() > 0) rows.bind(to.add(text));
}

// The last row of each key, since no statement writes one twice; they replace the whole row.
template <class Row, class Key>
std::vector<const Row*> last_of_each(const std::vector<Row>& rows, Key Row::*key) {
  std::map<Key, const Row*> last;
  for (const Row& row : rows) last.insert_or_assign(row.*key, &row);
  std::vector<const Row*> all;
  all.reserve(last.size());
  for (const auto& [ignored, row] : last) all.push_back(row);
  return all;
}

// What kind of statement writes a delivery.
const string& text_of(const DeliveryRow& row, const PgStatements& texts) {
  if (row.body.empty()) return texts.changed_deliveries;
  return row.id != 0 ? texts.deliveries : texts.unnumbered;
}

// No two rows of a statement may have the same one.
string key_of(const DeliveryRow& row) {
  return row.body.empty() ? std::to_string(row.id) : row.provider.str() + '\n' + row.key;
}

void bind_delivery(sql::Binder& to, const DeliveryRow& row) {
  if (row.body.empty()) {
    to.integer(row.id).name(to_string(row.disposition)).text(row.session);
    return;
  }
  if (row.id != 0) to.integer(row.id);
  to.text(row.provider).text(row.key).text(row.type);
  to.integer(static_cast<int>(row.progress)).integer(row.failed ? 1 : 0);
  to.text(row.remote_id).text(row.session).name(to_string(row.disposition));
  to.time(row.received_at).text(row.digest).blob(row.body);
}

}  // namespace

PgWriter::PgWriter(pg::Connection& connection, const string& schema, PgFence fence, const LeadRow& lead)
    : connection_(connection),
      schema_(schema),
      fence_(std::move(fence)),
      last_seq_(lead.last_seq),
      commits_(lead.commits),
      texts_(schema) {}

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
  commits_ = acknowledged_ = from.integer();
}

Mono PgWriter::commit(const Batch& batch, Millis limit) {
  Draft draft(connection_);
  find_stored(batch, draft, limit);
  draft.seq = last_seq_;
  draft.number = last_number_;
  draft.pipeline.add(pg::begin_text);
  pg::Parameters& fence = draft.pipeline.add(texts_.fence);
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
  bind_fence(pipeline.add(texts_.fence), 0, 0);
  pipeline.add(pg::commit_text);
  const Mono sent = BootClock::now();
  passed(pipeline.run(limit)[fence_place]);
  return sent;
}

// A little at a time, since each transaction renews the lease and must not outlast it. The boot is noted with
// the last one.
Mono PgWriter::forget_other_boot(const string& boot, Millis limit) {
  const string forget =
      sql("WITH old AS (SELECT number FROM @sessions WHERE resolved = 0 AND number > $2 "
          "AND ($1 = '' OR (SELECT boot FROM @meta) <> $1) ORDER BY number LIMIT $3), "
          "gone AS (UPDATE @sessions s SET start_sent_mono = NULL, start_sent_by_mono = NULL FROM old "
          "WHERE s.number = old.number AND num_nonnulls(start_sent_mono, start_sent_by_mono) > 0) "
          "SELECT count(*), COALESCE(max(number), 0) FROM old");
  const string note =
      sql("UPDATE @meta SET boot = $1 WHERE boot <> $1 AND $3 > (SELECT count(*) FROM (SELECT 1 "
          "FROM @sessions WHERE resolved = 0 AND number > $2 LIMIT $3) rest)");
  for (std::int64_t after = 0;;) {
    pg::Pipeline pipeline(connection_);
    pipeline.add(pg::begin_text);
    bind_fence(pipeline.add(texts_.fence), 0, 0);
    for (const string* text : {&forget, &note})
      pipeline.add(*text).text(boot).integer(after).integer(forgotten_at_once);
    pipeline.add(pg::commit_text);
    const Mono sent = BootClock::now();
    const std::vector<pg::Rows> rows = pipeline.run(limit);
    passed(rows[fence_place]);
    pg::Reader from(rows[fence_place + 1], 0);
    if (from.integer() < forgotten_at_once) return sent;
    after = from.integer();
  }
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
    const pg::Rows rows = pg::run(connection_, texts_.find_sessions, limit, [&](pg::Parameters& to) {
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
  last_number_ = pg::Reader(pg::run(connection_, texts_.last_number, limit), 0).integer();
}

void PgWriter::write(const Batch& batch, Draft& draft) {
  pg::RowArrays plans;
  for (const PlanRow* row : last_of_each(batch.plans, &PlanRow::name)) bind_plan(plans.next(), *row);
  write_rows(plans, texts_.plans, draft.pipeline);
  for (const SessionRow* row : by_creation(batch.sessions)) take_session(*row, draft);
  for (const TransitionRow& row : batch.transitions) take_transition(row, draft);
  write_sessions(draft);
  write_deliveries(batch.deliveries, draft);
  pg::RowArrays missed;
  for (const MissedRow& row : batch.missed) {
    missed.next().text(row.plan).time(row.occurrence).name(to_string(row.why)).time(row.recorded_at);
  }
  write_rows(missed, texts_.missed, draft.pipeline);
  write_alerts(batch, draft);
  write_messages(batch.messages, draft);
  write_counts(draft);
}

void PgWriter::take_session(const SessionRow& row, Draft& draft) {
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
  const auto [place, is_first] = draft.places.emplace(row.id, draft.changed.size());
  if (is_first) draft.changed.push_back({&row, &row});
  draft.changed[place->second].last = &row;
}

// A transition that is there already is left as it is: the outcome of an earlier commit was unknown.
void PgWriter::take_transition(const TransitionRow& row, Draft& draft) {
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
  sql::Binder& to = draft.transitions.next();
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
  to.time(row.at).time(row.recorded_at).text(row.detail).blob(stored.chain_head);
}

// The chain of a session has grown, if at all, before its row is written.
void PgWriter::write_sessions(Draft& draft) {
  pg::RowArrays sessions;
  for (const Changed& one : draft.changed) {
    const Stored& stored = draft.sessions.at(one.first->id);
    sql::Binder& to = sessions.next();
    for (const SessionColumn& column : session_columns())
      column.bind(to, column.is_fixed ? *one.first : *one.last);
    to.integer(stored.number).blob(stored.chain_head);
    draft.grown.erase(one.first->id);
  }
  pg::RowArrays heads;
  for (const SessionId& id : draft.grown) {
    const Stored& stored = draft.sessions.at(id);
    heads.next().integer(stored.number).blob(stored.chain_head);
  }
  write_rows(sessions, texts_.sessions, draft.pipeline);
  write_rows(heads, texts_.heads, draft.pipeline);
  write_rows(draft.transitions, texts_.transitions, draft.pipeline);
}

// In their order: a statement ends where a row needs another one, or its key comes again.
void PgWriter::write_deliveries(const std::vector<DeliveryRow>& rows, Draft& draft) {
  pg::RowArrays together;
  const string* text = nullptr;
  std::unordered_set<string> keys;
  for (const DeliveryRow& row : rows) {
    const string& own = text_of(row, texts_);
    string key = key_of(row);
    if (text != &own || keys.contains(key)) {
      if (text != nullptr) write_rows(together, *text, draft.pipeline);
      text = &own;
      keys.clear();
    }
    bind_delivery(together.next(), row);
    keys.insert(std::move(key));
    if (!row.body.empty()) draft.bytes += delivery_bytes + length(row.body);
  }
  if (text != nullptr) write_rows(together, *text, draft.pipeline);
}

// Likewise: what a message's row says decides whether its notices may still change.
void PgWriter::write_messages(const std::vector<MessageRow>& rows, Draft& draft) {
  pg::RowArrays messages;
  pg::RowArrays notices;
  std::set<string> ids;
  const auto write_both = [&] {
    write_rows(messages, texts_.messages, draft.pipeline);
    write_rows(notices, texts_.notices, draft.pipeline);
    ids.clear();
  };
  for (const MessageRow& row : rows) {
    if (ids.contains(row.id)) write_both();
    ids.insert(row.id);
    sql::Binder& to = messages.next();
    to.text(row.id).text(row.target).time(row.created_at).integer(row.attempts).time(row.next_at);
    to.name(to_string(row.state)).time(row.settled_at).text(row.last_error);
    for (std::size_t n = 0; n < row.notices.size(); ++n) {
      const Notice& notice = row.notices[n];
      sql::Binder& of = notices.next();
      of.text(row.id).integer(static_cast<std::int64_t>(n)).name(to_string(notice.topic));
      of.name(to_string(notice.phase)).text(notice.subject).time(notice.since).time(notice.at);
      of.integer(notice.times).text(notice.text);
    }
  }
  write_both();
}

void PgWriter::write_alerts(const Batch& batch, Draft& draft) {
  pg::RowArrays resolved;
  for (const AlertKey& key : batch.resolved)
    resolved.next().text(key.target).name(to_string(key.topic)).text(key.subject);
  write_rows(resolved, texts_.resolved_alerts, draft.pipeline);
  pg::RowArrays alerts;
  for (const AlertRow* row : last_of_each(batch.alerts, &AlertRow::key)) {
    sql::Binder& to = alerts.next();
    to.text(row->key.target).name(to_string(row->key.topic)).text(row->key.subject);
    to.time(row->since).time(row->told_at).text(row->text);
  }
  write_rows(alerts, texts_.alerts, draft.pipeline);
}

void PgWriter::write_counts(Draft& draft) {
  pg::RowArrays counts;
  for (const State state : all_states) {
    const std::int64_t change = draft.counts[static_cast<std::size_t>(state)];
    if (change != 0) counts.next().name(to_string(state)).integer(change);
  }
  write_rows(counts, texts_.counts, draft.pipeline);
}

}  // namespace keeper
