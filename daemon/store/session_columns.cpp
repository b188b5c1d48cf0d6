#include "store/session_columns.h"

#include <array>
#include <type_traits>

#include "store/rows.h"

namespace keeper {
namespace {

void put(sql::Binder& to, const std::string& value) { to.text(value); }
void put(sql::Binder& to, int value) { to.integer(value); }
void put(sql::Binder& to, bool value) { to.integer(value ? 1 : 0); }
void put(sql::Binder& to, Wall value) { to.time(value); }
void put(sql::Binder& to, const std::optional<Wall>& value) { to.time(value); }
void put(sql::Binder& to, State value) { to.name(to_string(value)); }
void put(sql::Binder& to, Reason value) { to.name(to_string(value)); }
void put(sql::Binder& to, Cause value) { to.name(to_string(value)); }
void put(sql::Binder& to, Progress value) { to.integer(static_cast<int>(value)); }
template <class Tag>
void put(sql::Binder& to, const Id<Tag>& value) {
  to.text(value);
}
template <class Tag>
void put(sql::Binder& to, const std::optional<Id<Tag>>& value) {
  to.text(value);
}
void put(sql::Binder& to, const std::optional<Mono>& value) {
  if (value) {
    to.integer(value->time_since_epoch().count());
  } else {
    to.null();
  }
}

void take(sql::Reader& from, std::string& value) { value = from.text(); }
void take(sql::Reader& from, int& value) { value = from.small(); }
void take(sql::Reader& from, bool& value) { value = from.boolean(); }
void take(sql::Reader& from, Wall& value) { value = from.time(); }
void take(sql::Reader& from, std::optional<Wall>& value) { value = from.optional_time(); }
void take(sql::Reader& from, State& value) { value = from.word(parse_state); }
void take(sql::Reader& from, Reason& value) { value = from.word(parse_reason); }
void take(sql::Reader& from, Cause& value) { value = from.word(parse_cause); }
void take(sql::Reader& from, Progress& value) { value = read_progress(from); }
template <class Tag>
void take(sql::Reader& from, Id<Tag>& value) {
  value = from.id<Id<Tag>>();
}
template <class Tag>
void take(sql::Reader& from, std::optional<Id<Tag>>& value) {
  value = from.optional_id<Id<Tag>>();
}
void take(sql::Reader& from, std::optional<Mono>& value) {
  if (from.is_null()) return from.skip();
  value = Mono{Millis{from.integer()}};
}

// What put() binds of a field.
template <class Record, class Value>
constexpr sql::Kind kind_of(Value Record::*) {
  constexpr bool is_text = !std::is_convertible_v<Value, int> && !std::is_same_v<Value, Progress> &&
                           !std::is_same_v<Value, Wall> && !std::is_same_v<Value, std::optional<Wall>> &&
                           !std::is_same_v<Value, std::optional<Mono>>;
  return is_text ? sql::Kind::text : sql::Kind::integer;
}

template <auto Member>
constexpr SessionColumn column(std::string_view name, bool is_fixed = false) {
  return {name, kind_of(Member), is_fixed,
          [](sql::Binder& to, const SessionRow& row) { put(to, row.*Member); },
          [](sql::Reader& from, SessionRow& row) { take(from, row.*Member); }};
}

template <auto Member>
constexpr SessionColumn fixed(std::string_view name) {
  return column<Member>(name, true);
}

// Of a decided end, which is there exactly where its state is. The column of `cancel` came later and is never
// null.
template <auto Member>
constexpr SessionColumn ending(std::string_view name) {
  constexpr bool is_first = std::is_same_v<decltype(Member), State Ending::*>;
  constexpr bool is_flag = std::is_same_v<decltype(Member), bool Ending::*>;
  return {name, kind_of(Member), false,
          [](sql::Binder& to, const SessionRow& row) {
            if (row.ending) {
              put(to, (*row.ending).*Member);
            } else if (is_flag) {
              to.integer(0);
            } else {
              to.null();
            }
          },
          [](sql::Reader& from, SessionRow& row) {
            if (is_first && !from.is_null()) row.ending.emplace();
            if (!row.ending) return from.skip();
            take(from, (*row.ending).*Member);
          }};
}

constexpr std::array all{
    fixed<&SessionRow::id>("id"),
    fixed<&SessionRow::plan>("plan"),
    fixed<&SessionRow::provider>("provider"),
    fixed<&SessionRow::occurrence>("occurrence"),
    fixed<&SessionRow::replica>("replica"),
    fixed<&SessionRow::attempt>("attempt"),
    column<&SessionRow::failures>("failures"),
    column<&SessionRow::place>("place"),
    column<&SessionRow::parameters>("parameters"),
    column<&SessionRow::fingerprint>("fingerprint"),
    column<&SessionRow::state>("state"),
    column<&SessionRow::reason>("reason"),
    column<&SessionRow::progress>("progress"),
    column<&SessionRow::native_status>("native_status"),
    column<&SessionRow::remote_id>("remote_id"),
    column<&SessionRow::start_sent_at>("start_sent_at"),
    ending<&Ending::state>("ending_state"),
    ending<&Ending::reason>("ending_reason"),
    ending<&Ending::cause>("ending_cause"),
    ending<&Ending::asked_at>("ending_asked_at"),
    column<&SessionRow::resolved>("resolved"),
    fixed<&SessionRow::created_at>("created_at"),
    column<&SessionRow::active_at>("active_at"),
    column<&SessionRow::ended_at>("ended_at"),
    column<&SessionRow::predecessor>("predecessor"),
    column<&SessionRow::successor>("successor"),
    column<&SessionRow::last_error>("last_error"),
    ending<&Ending::cancel>("ending_cancel"),
    column<&SessionRow::start_sent_mono>("start_sent_mono"),
    column<&SessionRow::start_sent_by_mono>("start_sent_by_mono"),
};
// SQLite knows parameters up to the highest that a statement names, and an update names none of the fixed
// columns.
static_assert(!all.back().is_fixed);

}  // namespace

std::span<const SessionColumn> session_columns() { return all; }

std::string session_column_names() {
  std::string names;
  for (const SessionColumn& each : all) names.append(names.empty() ? "" : ", ").append(each.name);
  return names;
}

std::string insert_session_statement() {
  std::string values;
  for (std::size_t i = 1; i <= all.size(); ++i) values += (i > 1 ? ", ?" : "?") + std::to_string(i);
  return "INSERT INTO sessions(" + session_column_names() + ") VALUES (" + values + ")";
}

std::string update_session_statement() {
  std::string changes;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].is_fixed) continue;
    changes.append(changes.empty() ? "" : ", ").append(all[i].name).append(" = ?" + std::to_string(i + 1));
  }
  return "UPDATE sessions SET " + changes + " WHERE id = ?1";
}

void bind_session(sql::Binder& to, const SessionRow& row) {
  for (const SessionColumn& each : all) each.bind(to, row);
}

SessionRow read_session(sql::Reader& from) {
  SessionRow row;
  for (const SessionColumn& each : all) each.read(from, row);
  return row;
}

}  // namespace keeper
