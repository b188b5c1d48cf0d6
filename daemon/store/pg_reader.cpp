#include "store/pg_reader.h"

#include <deque>
#include <utility>
#include <vector>

#include "store/pg_spending.h"
#include "store/rows.h"
#include "store/session_columns.h"

namespace keeper {
namespace {

using std::string;

string session_columns_of(const string& table) {
  string names;
  for (const SessionColumn& column : session_columns()) {
    names += (names.empty() ? "" : ", ") + table + "." + string(column.name);
  }
  return names;
}

// Of each kind of rows that there may be very many of.
constexpr int rows_a_step = 2000;

// Walks the index from slot to slot, without touching the sessions in between. $1, $2: plan and replica of
// the slot before; $3: slots at the most.
string latest_sql() {
  return "WITH RECURSIVE slots AS ((SELECT plan, replica, 1 AS n FROM @sessions WHERE (plan, replica) > "
         "($1, $2) ORDER BY plan, replica LIMIT 1) "
         "UNION ALL SELECT n.plan, n.replica, slots.n + 1 FROM slots CROSS JOIN LATERAL (SELECT o.plan, "
         "o.replica FROM @sessions o WHERE (o.plan, o.replica) > (slots.plan, slots.replica) "
         "ORDER BY o.plan, o.replica LIMIT 1) n WHERE slots.n < $3) SELECT " +
         session_columns_of("s") +
         " FROM slots CROSS JOIN LATERAL (SELECT * FROM @sessions o WHERE o.plan = slots.plan "
         "AND o.replica = slots.replica ORDER BY o.number DESC LIMIT 1) s ORDER BY s.plan, s.replica";
}

// One row for each that was asked for; the first column says whether it is there.
std::vector<std::optional<SessionRow>> read_found(const pg::Rows& rows) {
  std::vector<std::optional<SessionRow>> sessions;
  for (int i = 0; i < rows.count(); ++i) {
    pg::Reader from(rows, i);
    const bool there = from.boolean();
    sessions.push_back(there ? std::optional<SessionRow>(read_session(from)) : std::nullopt);
  }
  return sessions;
}

void read_plans(const pg::Rows& rows, Ledger& ledger) {
  for (int i = 0; i < rows.count(); ++i) {
    pg::Reader from(rows, i);
    ledger.plans.push_back(read_plan(from));
  }
}

void read_counts(const pg::Rows& rows, Ledger& ledger) {
  for (int i = 0; i < rows.count(); ++i) {
    pg::Reader from(rows, i);
    const State state = from.word(parse_state);
    ledger.counts[static_cast<std::size_t>(state)] = from.integer();
  }
}

void read_alerts(const pg::Rows& rows, Ledger& ledger) {
  for (int i = 0; i < rows.count(); ++i) {
    pg::Reader from(rows, i);
    AlertRow row;
    row.key.target = from.id<TargetName>();
    row.key.topic = from.word(parse_topic);
    row.key.subject = from.text();
    row.since = from.time();
    row.told_at = from.time();
    row.text = from.text();
    ledger.alerts.push_back(std::move(row));
  }
}

// The notices come in the order of their messages.
void read_messages(const pg::Rows& messages, const pg::Rows& notices, Ledger& ledger) {
  int n = 0;
  for (int i = 0; i < messages.count(); ++i) {
    pg::Reader from(messages, i);
    MessageRow row = read_message(from);
    for (; n < notices.count(); ++n) {
      pg::Reader notice(notices, n);
      if (notice.text() != row.id) break;
      row.notices.push_back(read_notice(notice));
    }
    ledger.messages.push_back(std::move(row));
  }
}

string notices_sql() {
  string names;
  for (const char* name : {"topic", "phase", "subject", "since", "at", "times", "text"})
    names += string(", n.") + name;
  return "SELECT n.message" + names +
         " FROM @messages m JOIN @notices n ON n.message = m.id WHERE m.state = 'waiting' ORDER BY m.number, "
         "n.n";
}

class LedgerReading {
 public:
  LedgerReading(pg::Connection& connection, const string& schema, Millis limit)
      : connection_(connection),
        schema_(schema),
        limit_(limit),
        unresolved_text_(sql("SELECT number, " + session_column_names() +
                             " FROM @sessions WHERE resolved = 0 AND number > $1 ORDER BY number LIMIT $2")),
        latest_text_(sql(latest_sql())),
        held_text_(sql("SELECT id, provider, remote_id FROM @deliveries WHERE disposition = 'held' "
                       "AND id > $1 ORDER BY id LIMIT $2")) {}

  void begin();
  bool is_whole() const { return has_unresolved_ && has_latest_ && has_held_; }
  void go_on();
  Ledger take() { return std::move(ledger_); }

 private:
  void ask_more(pg::Pipeline& pipeline) const;
  void read_more(const std::vector<pg::Rows>& rows, std::size_t next);
  void read_unresolved(const pg::Rows& rows);
  void read_latest(const pg::Rows& rows);
  void read_held(const pg::Rows& rows);
  string sql(std::string_view text) const { return pg::in_schema(text, schema_); }

  pg::Connection& connection_;
  const string& schema_;
  const Millis limit_;
  const string unresolved_text_;
  const string latest_text_;
  const string held_text_;
  Ledger ledger_;
  std::int64_t last_number_ = 0;  // of the unresolved sessions that were read
  bool has_unresolved_ = false;   // all of them
  bool has_latest_ = false;
  bool has_held_ = false;
};

void LedgerReading::ask_more(pg::Pipeline& pipeline) const {
  if (!has_unresolved_) pipeline.add(unresolved_text_).integer(last_number_).integer(rows_a_step);
  if (!has_latest_) {
    const bool is_first = ledger_.latest.empty();
    pipeline.add(latest_text_)
        .copy(is_first ? string{} : ledger_.latest.back().plan.str())
        .integer(is_first ? -1 : ledger_.latest.back().replica)
        .integer(rows_a_step);
  }
  if (!has_held_) {
    pipeline.add(held_text_).integer(ledger_.held.empty() ? 0 : ledger_.held.back().id).integer(rows_a_step);
  }
}

// As ask_more() asked, from the place `next` on.
void LedgerReading::read_more(const std::vector<pg::Rows>& rows, std::size_t next) {
  if (!has_unresolved_) read_unresolved(rows.at(next++));
  if (!has_latest_) read_latest(rows.at(next++));
  if (!has_held_) read_held(rows.at(next));
}

void LedgerReading::read_unresolved(const pg::Rows& rows) {
  for (int i = 0; i < rows.count(); ++i) {
    pg::Reader from(rows, i);
    last_number_ = from.integer();
    ledger_.unresolved.push_back(read_session(from));
  }
  has_unresolved_ = rows.count() < rows_a_step;
}

void LedgerReading::read_latest(const pg::Rows& rows) {
  for (int i = 0; i < rows.count(); ++i) {
    pg::Reader from(rows, i);
    ledger_.latest.push_back(read_session(from));
  }
  has_latest_ = rows.count() < rows_a_step;
}

void LedgerReading::read_held(const pg::Rows& rows) {
  for (int i = 0; i < rows.count(); ++i) {
    pg::Reader from(rows, i);
    const std::int64_t id = from.integer();
    ProviderName provider = from.id<ProviderName>();
    ledger_.held.push_back({id, std::move(provider), from.id<RemoteId>()});
  }
  has_held_ = rows.count() < rows_a_step;
}

void LedgerReading::begin() {
  std::deque<string> texts;
  pg::Pipeline pipeline(connection_);
  const auto add = [&](const string& text) { pipeline.add(texts.emplace_back(sql(text))); };
  add("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  add("SELECT m.instance, l.last_seq, (SELECT COALESCE(MAX(id), 0) FROM @deliveries) FROM @meta m, @lead l "
      "WHERE l.shard = 'all'");
  add(string("SELECT ") + plan_columns + " FROM @plans ORDER BY name");
  add("SELECT state, sessions FROM @session_counts");
  add("SELECT target, topic, subject, since, told_at, text FROM @alerts ORDER BY target, topic, subject");
  add(string("SELECT ") + message_columns + " FROM @messages WHERE state = 'waiting' ORDER BY number");
  add(notices_sql());
  ask_more(pipeline);
  pipeline.add(pg::commit_text);
  const std::vector<pg::Rows> rows = pipeline.run(limit_);
  pg::Reader from(rows.at(1), 0);
  ledger_.instance = from.id<InstanceId>();
  ledger_.last_seq = from.integer();
  ledger_.last_delivery = from.integer();
  read_plans(rows.at(2), ledger_);
  read_counts(rows.at(3), ledger_);
  read_alerts(rows.at(4), ledger_);
  read_messages(rows.at(5), rows.at(6), ledger_);
  read_more(rows, 7);
}

void LedgerReading::go_on() {
  pg::Pipeline pipeline(connection_);
  ask_more(pipeline);
  read_more(pipeline.run(limit_), 0);
}

}  // namespace

Ledger load_ledger(pg::Connection& connection, const string& schema, Millis limit,
                   const std::function<void()>& goes_on) {
  LedgerReading reading(connection, schema, limit);
  reading.begin();
  while (!reading.is_whole()) {
    goes_on();
    reading.go_on();
    if (reading.is_whole()) goes_on();
  }
  return reading.take();
}

namespace {

void ask_deliveries(const Questions& questions, const string& text, pg::Pipeline& pipeline) {
  std::vector<std::string_view> providers;
  std::vector<std::string_view> keys;
  std::vector<std::string_view> remotes;
  for (const Questions::OfDelivery& one : questions.deliveries) {
    providers.push_back(one.provider.str());
    keys.push_back(one.key);
    remotes.push_back(one.remote.str());
  }
  pipeline.add(text).texts(providers).texts(keys).texts(remotes);
}

void ask_remotes(const Questions& questions, const string& text, pg::Pipeline& pipeline) {
  std::vector<std::string_view> providers;
  std::vector<std::string_view> remotes;
  std::vector<std::string_view> tags;  // no session has an empty id
  for (const Questions::OfRemote& one : questions.remotes) {
    providers.push_back(one.provider.str());
    remotes.push_back(one.id.str());
    tags.push_back(one.tag ? std::string_view(one.tag->str()) : std::string_view());
  }
  pipeline.add(text).texts(providers).texts(remotes).texts(tags);
}

std::vector<Seen> read_seen(const pg::Rows& rows) {
  std::vector<Seen> seen;
  for (int i = 0; i < rows.count(); ++i) {
    pg::Reader from(rows, i);
    const bool delivery = from.boolean();
    seen.push_back({delivery, from.optional_id<SessionId>()});
  }
  return seen;
}

constexpr const char* newest_of_remote =
    "(SELECT o.%s FROM @sessions o WHERE o.remote_id = q.remote AND o.provider = q.provider "
    "ORDER BY o.number DESC LIMIT 1)";

string newest(const string& column) {
  string text = newest_of_remote;
  return text.replace(text.find("%s"), 2, column);
}

struct QuestionTexts {
  explicit QuestionTexts(const string& schema)
      // EXISTS would be answered for many questions by reading the whole table.
      : seen(pg::in_schema("SELECT (SELECT 1 FROM @deliveries d WHERE d.provider = q.provider "
                           "AND d.key = q.key) IS NOT NULL, " +
                               newest("id") +
                               " FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY "
                               "AS q(provider, key, remote, n) ORDER BY q.n",
                           schema)),
        known(pg::in_schema(
            "SELECT s.number IS NOT NULL, " + session_columns_of("s") +
                " FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY "
                "AS q(provider, remote, tag, n) LEFT JOIN @sessions s ON s.number = COALESCE(" +
                newest("number") + ", (SELECT t.number FROM @sessions t WHERE t.id = q.tag)) ORDER BY q.n",
            schema)),
        sessions(pg::in_schema("SELECT s.number IS NOT NULL, " + session_columns_of("s") +
                                   " FROM unnest($1::text[]) WITH ORDINALITY AS q(id, n) "
                                   "LEFT JOIN @sessions s ON s.id = q.id ORDER BY q.n",
                               schema)),
        held(pg::in_schema(string("SELECT ") + delivery_columns +
                               " FROM @deliveries d LEFT JOIN @sessions s ON s.number = d.session "
                               "WHERE d.id = ANY($1::bigint[])",
                           schema)) {}
  string seen;
  string known;
  string sessions;
  string held;
};

}  // namespace

Findings find_answers(pg::Connection& connection, const string& schema, const Questions& questions,
                      Millis limit) {
  const QuestionTexts texts(schema);
  const string spent_text = spending_text(schema, SpentOf::ended);
  pg::Pipeline pipeline(connection);
  if (!questions.deliveries.empty()) ask_deliveries(questions, texts.seen, pipeline);
  if (!questions.remotes.empty()) ask_remotes(questions, texts.known, pipeline);
  if (!questions.sessions.empty()) {
    std::vector<std::string_view> ids;
    for (const SessionId& id : questions.sessions) ids.push_back(id.str());
    pipeline.add(texts.sessions).texts(ids);
  }
  if (!questions.held.empty()) pipeline.add(texts.held).integers(questions.held);
  for (const Period& period : questions.periods)
    bind_spending(pipeline.add(spent_text), period, questions.prices);
  Findings findings;
  if (pipeline.size() == 0) return findings;
  const std::vector<pg::Rows> rows = pipeline.run(limit);
  std::size_t next = 0;
  if (!questions.deliveries.empty()) findings.seen = read_seen(rows.at(next++));
  if (!questions.remotes.empty()) findings.known = read_found(rows.at(next++));
  if (!questions.sessions.empty()) findings.sessions = read_found(rows.at(next++));
  if (!questions.held.empty()) {
    const pg::Rows& held = rows.at(next++);
    for (int i = 0; i < held.count(); ++i) {
      pg::Reader from(held, i);
      DeliveryRow row = read_delivery(from);
      findings.held.emplace(row.id, std::move(row));
    }
  }
  for (std::size_t i = 0; i < questions.periods.size(); ++i)
    findings.spent.push_back(read_spending(rows.at(next++)));
  return findings;
}

}  // namespace keeper
