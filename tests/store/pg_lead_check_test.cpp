// The question whether a process still leads, at a server that answers, that does not, and that comes back.
#include "store/pg_lead_check.h"

#include "store/pg_server.h"
#include "store/pg_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

PgSettings short_lease() {
  PgSettings settings = fresh_pg();
  settings.lease = Seconds{3};
  return settings;
}

const Millis check_patience = transaction_patience(Seconds{3});

void check_confirmed(PgLeadCheck& check) {
  const Mono before = BootClock::now();
  const auto answer = check.ask();
  INFO((answer.ok() ? "" : answer.error().what));
  REQUIRE(answer.ok());
  REQUIRE(answer->has_value());
  CHECK(**answer >= before);
  CHECK(**answer <= BootClock::now());
}

void check_denied(PgLeadCheck& check) {
  const auto answer = check.ask();
  REQUIRE(answer.ok());
  CHECK_FALSE(answer->has_value());
}

}  // namespace

TEST_CASE("a leader is confirmed, and no more once another node leads", "[postgresql]") {
  const PgSettings settings = short_lease();
  const auto store = open_pg(settings);
  PgLeadCheck check(settings, store->fence());
  check_confirmed(check);
  PgSettings other = settings;
  other.node = "b";
  const auto seen = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
  const auto taken = PgStore::take_over(other, look_at_lead(*seen, settings.schema, Seconds{5}));
  REQUIRE(taken.ok());
  check_denied(check);
  PgLeadCheck of_other(other, (*taken)->fence());
  check_confirmed(of_other);
}

TEST_CASE("who has given the lead back is not confirmed", "[postgresql]") {
  const PgSettings settings = short_lease();
  auto store = open_pg(settings);
  PgLeadCheck check(settings, store->fence());
  check_confirmed(check);
  store.reset();
  check_denied(check);
}

TEST_CASE("a transaction of the leader that is under way does not hold up the question", "[postgresql]") {
  const PgSettings settings = short_lease();
  const auto store = open_pg(settings);
  PgLeadCheck check(settings, store->fence());
  const auto other = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
  pg::run(*other, pg::begin_text, Seconds{5});
  const std::string update = pg::in_schema("UPDATE @lead SET beat = beat + 1", settings.schema);
  pg::run(*other, update, Seconds{5});
  check_confirmed(check);
}

TEST_CASE("a server that does not answer is waited for within the patience, and asked anew", "[postgresql]") {
  const PgSettings settings = short_lease();
  const auto store = open_pg(settings);
  PgLeadCheck check(settings, store->fence());
  check_confirmed(check);
  {
    const auto other = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
    pg::run(*other, pg::begin_text, Seconds{5});
    const std::string locks = pg::in_schema("LOCK TABLE @lead", settings.schema);
    pg::run(*other, locks, Seconds{5});
    const Mono before = BootClock::now();
    CHECK_FALSE(check.ask().ok());
    const Millis took = BootClock::now() - before;
    CHECK(took >= check_patience);
    CHECK(took < check_patience + Seconds{1});
  }
  check_confirmed(check);
}

TEST_CASE("a server that was stopped gives no answer, and the first question after it is back one",
          "[postgresql]") {
  const PgSettings settings = short_lease();
  const auto store = open_pg(settings);
  PgLeadCheck check(settings, store->fence());
  check_confirmed(check);
  const bool asked_meanwhile = GENERATE(true, false);
  PgServer::shared().stop("immediate");
  if (asked_meanwhile) CHECK_FALSE(check.ask().ok());
  PgServer::shared().start();
  check_confirmed(check);
}
