#include "store/store_kit.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

MessageRow message(const std::string& id, std::vector<Notice> notices) {
  MessageRow row;
  row.id = id;
  row.target = TargetName{"ops"};
  row.created_at = at(1000);
  row.next_at = at(6000);
  row.notices = std::move(notices);
  return row;
}

const Notice degraded{Topic::plan_degraded,         Phase::firing, "desk", at(900), at(1000), 1,
                      "it fails; 'quoted' \xc3\xa4"};
const Notice lost{Topic::session_lost, Phase::happened, "desk", at(1), at(2), 3, "lost"};

SessionRow ended_session(int n, const std::string& provider, std::int64_t active, std::int64_t ended) {
  SessionRow row = session(n);
  row.provider = ProviderName{provider};
  row.state = State::closed;
  row.progress = Progress::ended;
  row.remote_id = RemoteId{"r" + std::to_string(n)};
  row.created_at = at(active);
  row.active_at = at(active);
  row.ended_at = at(ended);
  row.resolved = true;
  return row;
}

}  // namespace

TEST_CASE("alerts and waiting messages come back as they were stored; what is settled or resolved does not") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  const AlertRow alert{{TargetName{"ops"}, Topic::plan_degraded, "desk"}, at(900), at(1000), "it fails"};
  const AlertRow logged{{TargetName{}, Topic::plan_degraded, "desk"}, at(900), at(1000), "it fails"};
  {
    const auto store = open_store(path);
    Batch batch;
    batch.alerts = {alert, logged};
    batch.messages = {message("m1", {degraded}), message("m2", {lost})};
    must_commit(*store, batch);
    Batch later;
    MessageRow grown = message("m1", {degraded, lost});
    MessageRow delivered = message("m2", {lost});
    delivered.attempts = 1;
    delivered.state = MessageState::delivered;
    delivered.settled_at = at(7000);
    later.messages = {grown, delivered};
    later.resolved = {logged.key};
    must_commit(*store, later);
    must_commit(*store, later);
  }
  const auto store = open_store(path);
  const Ledger ledger = must_load(*store);
  REQUIRE(ledger.alerts == std::vector<AlertRow>{alert});
  REQUIRE(ledger.messages == std::vector<MessageRow>{message("m1", {degraded, lost})});
  const auto page = open_history(path)->messages({});
  REQUIRE(page.ok());
  REQUIRE(page->rows.size() == 2);
  CHECK(page->rows.at(0).id == "m2");
  CHECK(page->rows.at(0).notices == std::vector<Notice>{lost});
  CHECK(page->rows.at(0).settled_at == at(7000));
}

TEST_CASE("retention takes settled messages with what they say, and leaves those that wait") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  {
    const auto store = open_store(path);
    MessageRow old = message("old", {lost});
    old.state = MessageState::given_up;
    old.settled_at = at(10);
    Batch batch;
    batch.messages = {old, message("waits", {degraded})};
    must_commit(*store, batch);
    REQUIRE(store->prune(at(5000), 10).ok());
  }
  CHECK(run_sql(path, "SELECT group_concat(id) FROM messages") == "waits");
  CHECK(run_sql(path, "SELECT COUNT(*) FROM notices") == "1");
}

TEST_CASE(
    "what ended sessions took is summed by plan and provider, clipped to the period, and billed by the "
    "price") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  const Prices prices{{ProviderName{"a"}, {1, Millis{100}, Millis{0}, "USD"}},
                      {ProviderName{"c"}, {1, Millis{100}, Millis{60}, "USD"}}};
  {
    const auto store = open_store(path);
    Batch batch;
    batch.sessions = {ended_session(1, "a", 500, 1200),
                      ended_session(2, "a", 1500, 1510),
                      ended_session(3, "b", 1900, 2500),
                      ended_session(4, "a", 100, 900),
                      session(5),
                      ended_session(6, "c", 1200, 1320),
                      ended_session(7, "c", 1400, 1521),
                      ended_session(8, "c", 1600, 1601),
                      ended_session(9, "c", 880, 1000)};
    must_commit(*store, batch);
    const auto spent = store->spent({at(1000), at(2000)}, prices);
    REQUIRE(spent.ok());
    REQUIRE(spent->size() == 3);
    CHECK(spent->at(0).provider.str() == "a");
    CHECK(spent->at(0).spent == Spent{Millis{210}, Millis{300}, 2});
    CHECK(spent->at(1).spent == Spent{Millis{100}, Millis{100}, 1});
    CHECK(spent->at(2).spent == Spent{Millis{120 + 121 + 1}, Millis{120 + 180 + 100}, 3});
  }
  // Of each alone, the core says the same.
  const Period period{at(1000), at(2000)};
  const Price& least = prices.at(ProviderName{"a"});
  Spent a = spent_within(*lifetime(ended_session(1, "a", 500, 1200), at(0)), least, period);
  a += spent_within(*lifetime(ended_session(2, "a", 1500, 1510), at(0)), least, period);
  CHECK(a == Spent{Millis{210}, Millis{300}, 2});
  const Price& steps = prices.at(ProviderName{"c"});
  Spent c = spent_within(*lifetime(ended_session(6, "c", 1200, 1320), at(0)), steps, period);
  c += spent_within(*lifetime(ended_session(7, "c", 1400, 1521), at(0)), steps, period);
  c += spent_within(*lifetime(ended_session(8, "c", 1600, 1601), at(0)), steps, period);
  CHECK(c == Spent{Millis{242}, Millis{400}, 3});
}

TEST_CASE("the history counts sessions that live up to now, and the overlap of a rollover once") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  {
    const auto store = open_store(path);
    SessionRow old = ended_session(1, "a", 1000, 1500);
    SessionRow successor = ended_session(2, "a", 1400, 0);
    successor.state = State::active;
    successor.progress = Progress::started;
    successor.ended_at.reset();
    successor.resolved = false;
    successor.predecessor = old.id;
    old.successor = successor.id;
    Batch batch;
    batch.sessions = {old, successor};
    must_commit(*store, batch);
  }
  const auto spent = open_history(path)->spent({at(0), at(10'000)}, {}, at(2000));
  REQUIRE(spent.ok());
  REQUIRE(spent->size() == 1);
  CHECK(spent->at(0).spent == Spent{Millis{1100}, Millis{1100}, 2});
  CHECK(spent->at(0).overlap == Millis{100});
}
