#include "store/pg.h"

#include <poll.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>

namespace keeper::pg {
namespace {

std::string message_of(const char* text) {
  std::string message = text == nullptr ? "" : text;
  while (!message.empty() && std::isspace(static_cast<unsigned char>(message.back())) != 0)
    message.pop_back();
  std::replace(message.begin(), message.end(), '\n', ' ');
  return message.empty() ? "the server said nothing" : message;
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

int milliseconds_until(Mono until) {
  return static_cast<int>(std::max(until - BootClock::now(), Millis{0}).count());
}

}  // namespace

bool Failed::is_refusal() const {
  return state_.starts_with("22") || state_.starts_with("23") || state_.starts_with("54");
}

bool Failed::is_of_connection() const {
  return state_.empty() || state_.starts_with("08") || state_.starts_with("57P");
}

void Parameters::put(Oid type, const char* data, std::size_t size) {
  types_.push_back(type);
  values_.push_back(data);
  lengths_.push_back(static_cast<int>(size));
}

void Parameters::put_integer(std::int64_t value) {
  append_integer(owned_.emplace_back(), value);
  put(type_integer, owned_.back().data(), owned_.back().size());
}

void Parameters::put_text(const std::string& value) { put(type_text, value.data(), value.size()); }

void Parameters::put_copy(const std::string& value) { put_text(owned_.emplace_back(value)); }

void Parameters::put_name(std::string_view literal) { put(type_text, literal.data(), literal.size()); }

void Parameters::put_blob(const std::string& value) { put(type_bytes, value.data(), value.size()); }

void Parameters::put_null() { put(0, nullptr, 0); }

Parameters& Parameters::array(Array values) {
  const Oid type = values.type();
  if (type == 0) {
    put_null();
  } else {
    const std::string& binary = owned_.emplace_back(values.take());
    put(type, binary.data(), binary.size());
  }
  return *this;
}

Parameters& Parameters::texts(const std::vector<std::string_view>& values) {
  Array all;
  for (const std::string_view value : values) all.bytes(type_text, value);
  return array(std::move(all));
}

Parameters& Parameters::integers(const std::vector<std::int64_t>& values) {
  Array all;
  for (const std::int64_t value : values) all.integer(value);
  return array(std::move(all));
}

Parameters& Parameters::bytes(std::string value) {
  put_blob(owned_.emplace_back(std::move(value)));
  return *this;
}

std::int64_t Rows::changed() const {
  // PQcmdTuples takes no constant, and changes nothing.
  const std::string_view text = PQcmdTuples(result_.get());
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

bool Reader::null_at(int column) const { return PQgetisnull(result_, row_, column) != 0; }

sql::Kind Reader::kind_at(int column) const {
  if (null_at(column)) return sql::Kind::null;
  switch (PQftype(result_, column)) {
    case type_integer:
      return sql::Kind::integer;
    case type_bytes:
      return sql::Kind::bytes;
    default:
      return sql::Kind::text;
  }
}

std::int64_t Reader::integer_at(int column) const {
  const char* bytes = PQgetvalue(result_, row_, column);
  const int length = PQgetlength(result_, row_, column);
  if (length < 1 || length > 8) sql::fail_corrupt("holds something else where a number is expected");
  // The first byte carries the sign.
  std::int64_t value = length == 1 ? bytes[0] : static_cast<signed char>(bytes[0]);
  for (int i = 1; i < length; ++i) {
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << 8U |
                                      static_cast<unsigned char>(bytes[i]));
  }
  return value;
}

std::string Reader::text_at(int column) const {
  return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

void Connection::note_warning(void* to, const PGresult* result) {
  if (field(result, PG_DIAG_SEVERITY_NONLOCALIZED) != "WARNING") return;
  *static_cast<std::string*>(to) = message_of(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

bool Connection::wait_for(int socket, short events, Mono until) {
  pollfd one{socket, events, 0};
  while (true) {
    const int ready = ::poll(&one, 1, milliseconds_until(until));
    if (ready > 0) return true;
    if (ready == 0 && BootClock::now() >= until) return false;
  }
}

Connection::~Connection() { PQfinish(connection_); }

void Connection::fail() const { throw Failed(message_of(PQerrorMessage(connection_))); }

void Connection::wait(bool writable, Mono until) {
  if (!wait_for(PQsocket(connection_), static_cast<short>(writable ? POLLIN | POLLOUT : POLLIN), until)) {
    throw Failed("the database did not answer in time");
  }
  if (PQconsumeInput(connection_) != 1) fail();
}

Parameters& Pipeline::add(const std::string& text) {
  return statements_.emplace_back(Statement{&text, {}}).values;
}

void Pipeline::send() {
  PGconn* connection = connection_.connection_;
  connection_.warning_.clear();
  constexpr std::size_t most = 64;
  static const std::array<int, most> binary = [] {
    std::array<int, most> formats{};
    formats.fill(1);
    return formats;
  }();
  for (const Statement& one : statements_) {
    KEEPER_CHECK(one.values.types_.size() <= most);
    if (PQsendQueryParams(connection, one.text->c_str(), static_cast<int>(one.values.types_.size()),
                          one.values.types_.data(), one.values.values_.data(), one.values.lengths_.data(),
                          binary.data(), 1) != 1) {
      connection_.fail();
    }
  }
  if (PQpipelineSync(connection) != 1) connection_.fail();
}

// Reads up to the synchronisation, so that the connection is ready for the next pipeline.
std::vector<Rows> Pipeline::results(Mono until) {
  PGconn* connection = connection_.connection_;
  std::vector<Rows> rows;
  std::unique_ptr<Failed> failed;
  bool sent = false;
  while (true) {
    if (!sent) {
      const int left = PQflush(connection);
      if (left < 0) connection_.fail();
      sent = left == 0;
    }
    if (!sent || PQisBusy(connection) != 0) {
      connection_.wait(!sent, until);
      continue;
    }
    PGresult* result = PQgetResult(connection);
    if (result == nullptr) {
      if (PQstatus(connection) != CONNECTION_OK) connection_.fail();
      continue;  // the end of one statement's results
    }
    Rows one(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) break;
    if (status == PGRES_FATAL_ERROR && !failed) {
      failed = std::make_unique<Failed>(message_of(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)),
                                        field(result, PG_DIAG_SQLSTATE), rows.size());
    }
    rows.push_back(std::move(one));
  }
  if (failed) throw *failed;
  return rows;
}

void Pipeline::roll_back(Mono until) {
  if (PQtransactionStatus(connection_.connection_) == PQTRANS_IDLE) return;
  static const std::string text = "ROLLBACK";
  statements_.clear();
  add(text);
  send();
  results(until);
}

std::vector<Rows> Pipeline::run(Millis limit) {
  const Mono until = BootClock::now() + limit;
  send();
  std::vector<Rows> rows;
  try {
    rows = results(until);
  } catch (const Failed& failure) {
    if (!failure.state().empty()) roll_back(until);
    throw;
  }
  if (!connection_.warning_.empty()) throw Failed("the server warns: " + connection_.warning_);
  return rows;
}

Rows run(Connection& connection, const std::string& text, Millis limit) {
  return run(connection, text, limit, [](Parameters&) {});
}

std::string in_schema(std::string_view text, const std::string& schema) {
  std::string name = "\"";
  for (const char c : schema) name += c == '"' ? "\"\"" : std::string(1, c);
  name += "\".";
  std::string whole;
  for (const char c : text) {
    if (c == '@') {
      whole += name;
    } else {
      whole += c;
    }
  }
  return whole;
}

}  // namespace keeper::pg
