#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "store/pg_arrays.h"
#include "store/pg_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

struct Values {
  std::optional<std::string> text;
  std::optional<std::string> bytes;
  std::optional<std::int64_t> number;
  bool operator==(const Values&) const = default;
};

// What a form with quotes would have to quote, and what is easily taken for something else.
const std::vector<std::string> hostile{"",
                                       "NULL",
                                       "null",
                                       "\\",
                                       "\"",
                                       "'",
                                       "{",
                                       "}",
                                       "{}",
                                       ",",
                                       "\\N",
                                       "\\x41",
                                       "\n",
                                       "\r\n",
                                       "\t",
                                       " ",
                                       " a ",
                                       "a\\\"b,c",
                                       "$1",
                                       "@t",
                                       "\xc3\xa4",
                                       "\xe2\x82\xac",
                                       "\x01",
                                       "\x7f",
                                       "'); DROP TABLE deliveries; --",
                                       "\xf0\x9f\x98\x80",
                                       "\xef\xbf\xbf",
                                       "\xcd\x8f\xcc\x81"};

template <class Value>
std::optional<Value> or_null(std::mt19937& random, bool never, Value value) {
  return never || random() % 4 == 0 ? std::nullopt : std::optional<Value>(std::move(value));
}

Values drawn(std::mt19937& random, unsigned nulls) {
  std::string text;
  for (auto parts = random() % 4; parts > 0; --parts) text += hostile[random() % hostile.size()];
  std::string bytes;
  for (auto size = random() % 40; size > 0; --size) bytes += static_cast<char>(random() % 256);
  const auto number = static_cast<std::int64_t>(std::uint64_t{random()} << 32U | random());
  return {or_null(random, (nulls & 1U) != 0, text), or_null(random, (nulls & 2U) != 0, bytes),
          or_null(random, (nulls & 4U) != 0, number)};
}

void bind(sql::Binder& to, const Values& values) {
  const auto text_or_null = [&] { values.text ? to.text(*values.text) : to.null(); };
  text_or_null();
  values.bytes ? to.blob(*values.bytes) : to.null();
  values.number ? to.integer(*values.number) : to.null();
}

Values read(const pg::Rows& rows, int row) {
  pg::Reader from(rows, row);
  Values values;
  values.text = from.optional_id<std::string>();
  values.bytes = from.optional_id<std::string>();
  if (!from.is_null()) values.number = from.integer();
  return values;
}

}  // namespace

TEST_CASE("rows that are sent as arrays come back as they were, in their order, whatever they hold",
          "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto connection = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
  const std::string text =
      "SELECT n.a, n.b, n.c FROM " + pg::unnest("a text, b bytea, c bigint") + " ORDER BY n.nth";
  std::mt19937 random(7);
  for (unsigned round = 0; round < 200; ++round) {
    std::vector<Values> sent(1 + random() % 60);
    pg::RowArrays arrays;
    for (Values& values : sent) bind(arrays.next(), values = drawn(random, round % 8));
    const pg::Rows rows =
        pg::run(*connection, text, Seconds{30}, [&](pg::Parameters& to) { arrays.bind(to); });
    // Without any value at all there is nothing to tell how many rows there were.
    if (round % 8 == 7) continue;
    std::vector<Values> got;
    for (int row = 0; row < rows.count(); ++row) got.push_back(read(rows, row));
    INFO("round " << round);
    REQUIRE(got == sent);
  }
}

TEST_CASE("the columns of a statement name its parameters and their types", "[postgresql]") {
  CHECK(pg::unnest("id bigint, name text") ==
        "unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS n(id, name, nth)");
  CHECK(pg::names("id bigint, name text", "n.") == "n.id, n.name");
}

TEST_CASE("a row that the server cannot keep refuses its batch alone, amid however many that it can keep",
          "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  Batch good;
  for (int n = 1; n <= 100; ++n) {
    good.deliveries.push_back(delivery(n));
    good.deliveries.back().id = n;
    append(good, story(session(n), State::closed));
    good.plans.push_back(plan("p" + std::to_string(n), n));
  }
  Batch poisoned = good;
  const std::string odd = GENERATE(std::string("a\0b", 3), std::string("\xff"), std::string("\xed\xa0\x80"));
  const int where = GENERATE(0, 1, 2, 3);
  if (where == 0) poisoned.deliveries[50].type = odd;
  if (where == 1) poisoned.sessions[50].last_error = odd;
  if (where == 2) poisoned.transitions[50].detail = odd;
  if (where == 3) poisoned.plans[50].pause = Pause{at(1), {}, odd};
  const auto refused = store->commit(poisoned);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::malformed);
  CHECK_FALSE(store->needs_reopen());
  CHECK(must_load(*store).last_delivery == 0);
  CHECK(must_commit(*store, good) == 300);
  const Ledger stored = must_load(*store);
  CHECK(stored.last_delivery == 100);
  CHECK(stored.plans.size() == 100);
}
