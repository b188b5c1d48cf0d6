// What the files of the PostgreSQL store share over libpq: a connection that never waits longer than it is
// told, statements that go out together and whose results come back together, and PostgreSQL's failures as
// exceptions. For this module alone; each object belongs to one thread at a time. pg::Failed and sql::Corrupt
// never leave the module, because every public function of it runs in guarded().
#pragma once

#include <libpq-fe.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/pg_arrays.h"
#include "store/sql.h"

namespace keeper::pg {

// A statement was refused, or the connection is of no use any more.
class Failed : public std::runtime_error {
 public:
  static constexpr std::size_t no_statement = static_cast<std::size_t>(-1);

  explicit Failed(const std::string& what) : std::runtime_error(what) {}
  Failed(const std::string& what, std::string state, std::size_t statement)
      : std::runtime_error(what), state_(std::move(state)), statement_(statement) {}

  // PostgreSQL's code of five characters; empty: the connection failed, or took too long.
  const std::string& state() const { return state_; }
  // Which statement of a Pipeline it was.
  std::size_t statement() const { return statement_; }
  // The server refused the values, so that nothing was applied and the connection is good: classes 22 (data),
  // 23 (constraints) and 54 (limits).
  bool is_refusal() const;
  // The connection broke, or the server ended it: it says nothing of the statement.
  bool is_of_connection() const;

 private:
  std::string state_;
  std::size_t statement_ = no_statement;
};

// Runs `call`, which returns a Result. An exception becomes an Error that begins with the place, of the kind
// that `judge` gives it.
template <class Call, class Judge>
auto guarded(const std::string& place, Call&& call, Judge&& judge) -> decltype(call()) {
  try {
    return std::forward<Call>(call)();
  } catch (const Failed& failure) {
    return Error{judge(failure), "store " + place + ": " + failure.what()};
  } catch (const sql::Corrupt& failure) {
    return Error{judge(Failed(failure.what())), "store " + place + ": " + failure.what()};
  }
}

// The values of one statement, $1 and so on, in PostgreSQL's binary form.
class Parameters final : public sql::Binder {
 public:
  // Whole columns: $n::text[] and $n::bigint[]. The values are copied.
  Parameters& texts(const std::vector<std::string_view>& values);
  Parameters& integers(const std::vector<std::int64_t>& values);
  Parameters& array(Array values);
  // Bytes that are copied.
  Parameters& bytes(std::string value);

 private:
  friend class Pipeline;

  void put_integer(std::int64_t value) override;
  void put_text(const std::string& value) override;
  void put_copy(const std::string& value) override;
  void put_name(std::string_view literal) override;
  void put_blob(const std::string& value) override;
  void put_null() override;
  void put(Oid type, const char* data, std::size_t size);

  std::vector<Oid> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::deque<std::string> owned_;  // a deque, so that its texts stay where they are
};

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};

// What one statement gave.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result) {}

  int count() const { return PQntuples(result_.get()); }
  // How many rows an UPDATE, INSERT or DELETE changed.
  std::int64_t changed() const;
  const PGresult* get() const { return result_.get(); }

 private:
  std::unique_ptr<PGresult, ClearResult> result_;
};

class Reader final : public sql::Reader {
 public:
  Reader(const Rows& rows, int row) : result_(rows.get()), row_(row) {}

 private:
  bool null_at(int column) const override;
  sql::Kind kind_at(int column) const override;
  std::int64_t integer_at(int column) const override;
  std::string text_at(int column) const override;

  const PGresult* result_;
  int row_;
};

class Connection {
 public:
  // `url` in libpq's form. Where it names several hosts, they are tried in their order, each for its share of
  // the time that is left. Throws Failed.
  static std::unique_ptr<Connection> open(const std::string& url, const std::string& password, Millis limit);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

 private:
  friend class Pipeline;

  // One of the hosts that a URL names. Empty: as the URL has it.
  struct Place {
    std::string host;
    std::string address;
    std::string port;
  };

  explicit Connection(PGconn* connection) : connection_(connection) {}
  static std::vector<Place> places_of(const std::string& url);
  static std::unique_ptr<Connection> open_at(const Place& place, const std::string& url,
                                             const std::string& password, Mono until);
  void end_statements_when_gone(Mono until);
  // PQnoticeReceiver.
  static void note_warning(void* to, const PGresult* result);
  // Waits for the socket. False: the time is over.
  static bool wait_for(int socket, short events, Mono until);
  void wait(bool writable, Mono until);
  [[noreturn]] void fail() const;

  PGconn* connection_;
  std::string warning_;  // the last one that the server gave
};

// Statements that go to the server in one flush. The first that fails is told, and none after it is run. A
// statement's text must outlive run(). Where a transaction was begun and a statement failed, run() rolls it
// back before it throws.
class Pipeline {
 public:
  explicit Pipeline(Connection& connection) : connection_(connection) {}

  // The values are bound into what it returns.
  Parameters& add(const std::string& text);
  std::size_t size() const { return statements_.size(); }

  // One result for each statement. A warning is a failure, since a COMMIT that gave one may not be where it
  // was promised to be. Waits up to `limit`. After a Failed without a state the connection must not be used.
  std::vector<Rows> run(Millis limit);

 private:
  struct Statement {
    const std::string* text;
    Parameters values;
  };

  void send();
  std::vector<Rows> results(Mono until);
  void roll_back(Mono until);

  Connection& connection_;
  std::deque<Statement> statements_;
};

// One statement by itself.
template <class Bind>
Rows run(Connection& connection, const std::string& text, Millis limit, Bind&& bind) {
  Pipeline pipeline(connection);
  bind(pipeline.add(text));
  return std::move(pipeline.run(limit).front());
}
Rows run(Connection& connection, const std::string& text, Millis limit);

inline const std::string begin_text = "BEGIN ISOLATION LEVEL READ COMMITTED";
inline const std::string commit_text = "COMMIT";

// The text with each @name as a table of the schema: "@lead" becomes "keeper".lead.
std::string in_schema(std::string_view text, const std::string& schema);

}  // namespace keeper::pg
