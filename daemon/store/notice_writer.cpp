#include "store/notice_writer.h"

#include <string>

#include "store/rows.h"
#include "store/sqlite.h"

namespace keeper {

NoticeWriter::NoticeWriter(SQLite::Database& database)
    : upsert_alert_(
          database,
          "INSERT OR REPLACE INTO alerts(target, topic, subject, since, told_at, text) VALUES (?,?,?,?,?,?)"),
      delete_alert_(database, "DELETE FROM alerts WHERE target = ? AND topic = ? AND subject = ?"),
      update_message_(
          database,
          "UPDATE messages SET attempts = ?, next_at = ?, state = ?, settled_at = ?, last_error = ? "
          "WHERE id = ?"),
      insert_message_(database,
                      std::string("INSERT INTO messages(") + message_columns + ") VALUES (?,?,?,?,?,?,?,?)"),
      upsert_notice_(database, std::string("INSERT OR REPLACE INTO notices(message, n, ") + notice_columns +
                                   ") VALUES (?,?,?,?,?,?,?,?,?)"),
      alerts_(database, "SELECT target, topic, subject, since, told_at, text FROM alerts"),
      waiting_(database,
               std::string("SELECT ") + message_columns +
                   " FROM messages INDEXED BY messages_waiting WHERE state = 'waiting' ORDER BY number"),
      notices_(database,
               std::string("SELECT ") + notice_columns + " FROM notices WHERE message = ? ORDER BY n"),
      prune_(database,
             "DELETE FROM messages WHERE number IN (SELECT number FROM messages WHERE state <> 'waiting' "
             "AND settled_at < ? ORDER BY number LIMIT ?)") {}

void NoticeWriter::write(const Batch& batch) {
  for (const AlertKey& key : batch.resolved) {
    const sqlite::Use use(delete_alert_);
    sqlite::Binder(delete_alert_).text(key.target).name(to_string(key.topic)).text(key.subject);
    delete_alert_.exec();
  }
  for (const AlertRow& row : batch.alerts) write_alert(row);
  for (const MessageRow& row : batch.messages) write_message(row);
}

void NoticeWriter::write_alert(const AlertRow& row) {
  const sqlite::Use use(upsert_alert_);
  sqlite::Binder to(upsert_alert_);
  to.text(row.key.target).name(to_string(row.key.topic)).text(row.key.subject);
  to.time(row.since).time(row.told_at).text(row.text);
  upsert_alert_.exec();
}

// Notices never leave a message; while it forms, the last ones may change and more may come.
void NoticeWriter::write_message(const MessageRow& row) {
  bool is_new = false;
  {
    const sqlite::Use use(update_message_);
    sqlite::Binder to(update_message_);
    to.integer(row.attempts).time(row.next_at).name(to_string(row.state)).time(row.settled_at);
    to.text(row.last_error).text(row.id);
    is_new = update_message_.exec() == 0;
  }
  if (is_new) {
    const sqlite::Use use(insert_message_);
    sqlite::Binder to(insert_message_);
    to.text(row.id).text(row.target).time(row.created_at).integer(row.attempts).time(row.next_at);
    to.name(to_string(row.state)).time(row.settled_at).text(row.last_error);
    insert_message_.exec();
  }
  // Once it was sent, it says what it says.
  if (!is_new && row.attempts > 0) return;
  for (std::size_t n = 0; n < row.notices.size(); ++n) {
    const Notice& notice = row.notices[n];
    const sqlite::Use use(upsert_notice_);
    sqlite::Binder to(upsert_notice_);
    to.text(row.id).integer(static_cast<std::int64_t>(n)).name(to_string(notice.topic));
    to.name(to_string(notice.phase)).text(notice.subject).time(notice.since).time(notice.at);
    to.integer(notice.times).text(notice.text);
    upsert_notice_.exec();
  }
}

void NoticeWriter::load(Ledger& ledger) {
  {
    const sqlite::Use use(alerts_);
    while (alerts_.executeStep()) {
      sqlite::Reader from(alerts_);
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
  {
    const sqlite::Use use(waiting_);
    while (waiting_.executeStep()) {
      sqlite::Reader from(waiting_);
      ledger.messages.push_back(read_message(from));
    }
  }
  for (MessageRow& row : ledger.messages) {
    const sqlite::Use use(notices_);
    sqlite::Binder(notices_).text(row.id);
    while (notices_.executeStep()) {
      sqlite::Reader from(notices_);
      row.notices.push_back(read_notice(from));
    }
  }
}

void NoticeWriter::prune(Wall settled_before, int messages_max) {
  const sqlite::Use use(prune_);
  sqlite::Binder(prune_).time(settled_before).integer(messages_max);
  prune_.exec();
}

}  // namespace keeper
