#include "store/copied_tables.h"

#include <algorithm>

#include "core/storable.h"
#include "store/rows.h"
#include "store/session_columns.h"

namespace keeper {
namespace {

using std::string;

std::vector<string> names_in(const string& columns) {
  std::vector<string> names;
  for (std::size_t at = 0; at < columns.size();) {
    const std::size_t end = std::min(columns.find(", ", at), columns.size());
    names.push_back(columns.substr(at, end - at));
    at = end + 2;
  }
  return names;
}

CopiedTable table_of(const string& name, const string& columns, const string& key) {
  const std::vector<string> names = names_in(columns);
  CopiedTable table;
  table.name = name;
  table.columns = static_cast<int>(names.size());
  table.select = "SELECT " + columns + " FROM @" + name + " ORDER BY " + key;
  table.write = "INSERT INTO @" + name + "(" + columns + ") VALUES (";
  for (std::size_t i = 1; i <= names.size(); ++i) table.write += (i > 1 ? ", $" : "$") + std::to_string(i);
  table.write += ")";
  return table;
}

CopiedTable chained(CopiedTable table) {
  table.is_chained = true;
  return table;
}

// A new store has these rows already. The key comes last, as it does in the statement.
CopiedTable prefilled(const string& name, const string& columns) {
  CopiedTable table = table_of(name, columns, names_in(columns).back());
  table.write = "UPDATE @" + name + " SET ";
  const std::vector<string> names = names_in(columns);
  for (std::size_t i = 1; i < names.size(); ++i) {
    table.write += (i > 1 ? ", " : "") + names[i - 1] + " = $" + std::to_string(i);
  }
  table.write += " WHERE " + names.back() + " = $" + std::to_string(names.size());
  return table;
}

}  // namespace

const std::vector<CopiedTable>& copied_tables() {
  // The counts follow the sessions, whose triggers count in an SQLite store.
  static const std::vector<CopiedTable> tables{
      prefilled("meta", "instance, boot, removed_sessions, one"),
      table_of("plans", plan_columns, "name"),
      chained(table_of("sessions", "number, chain_head, " + session_column_names(), "number")),
      prefilled("session_counts", "sessions, state"),
      chained(table_of("transitions",
                       "session, seq, ordinal, plan, remote_id, from_state, to_state, reason, cause, at, "
                       "recorded_at, detail, hash",
                       "seq")),
      table_of("deliveries",
               "id, provider, key, type, progress, failed, remote_id, session, disposition, received_at, "
               "digest, body",
               "id"),
      table_of("missed", "plan, occurrence, why, recorded_at", "plan, occurrence"),
      table_of("alerts", "target, topic, subject, since, told_at, text", "target, topic, subject"),
      table_of("messages", string("number, ") + message_columns, "number"),
      table_of("notices", string("message, n, ") + notice_columns, "message, n"),
  };
  return tables;
}

CopiedRow::CopiedRow(sql::Reader& from, int columns) {
  values_.reserve(static_cast<std::size_t>(columns));
  for (int i = 0; i < columns; ++i) {
    switch (from.kind()) {
      case sql::Kind::null:
        from.skip();
        values_.emplace_back();
        break;
      case sql::Kind::integer:
        values_.emplace_back(from.integer());
        break;
      case sql::Kind::text:
        values_.emplace_back(from.text());
        break;
      case sql::Kind::bytes:
        values_.emplace_back(Bytes{from.text()});
        break;
    }
  }
}

void CopiedRow::bind(sql::Binder& to) const {
  for (const Value& value : values_) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      to.integer(*number);
    } else if (const auto* text = std::get_if<string>(&value)) {
      to.text(*text);
    } else if (const auto* blob = std::get_if<Bytes>(&value)) {
      to.blob(blob->bytes);
    } else {
      to.null();
    }
  }
}

int CopiedRow::make_storable() {
  int changed = 0;
  for (Value& value : values_) {
    auto* text = std::get_if<string>(&value);
    if (text == nullptr || is_storable(*text)) continue;
    keeper::make_storable(*text);
    ++changed;
  }
  return changed;
}

std::size_t CopiedRow::bytes() const {
  std::size_t sum = 0;
  for (const Value& value : values_) {
    if (const auto* text = std::get_if<string>(&value)) sum += text->size();
    if (const auto* blob = std::get_if<Bytes>(&value)) sum += blob->bytes.size();
  }
  return sum;
}

}  // namespace keeper
