// How nodes share a database: who takes the lead and when, and what they know of each other. Each of these
// nodes has a thread of its own and all have one real server.
#include "runtime/cluster_watch.h"

#include <atomic>
#include <string>
#include <thread>

#include "runtime/watch_kit.h"
#include "store/pg_server.h"

#include "catch.h"

namespace keeper {
namespace {

PgSettings fresh_settings() {
  static int schemas = 0;
  PgSettings settings;
  settings.url = Secret(kit::PgServer::shared().url());
  settings.schema = "watch_" + std::to_string(++schemas);
  settings.lease = Seconds{3};
  settings.durability = Durability::local;
  settings.config_hash = "same";
  return settings;
}

class Node {
 public:
  Node(PgSettings settings, const std::string& name) {
    settings.node = name;
    NodeRow own;
    own.version = "1.0.0";
    own.address = "127.0.0.1:1";
    watch = std::make_unique<ClusterWatch>(
        settings, own,
        ClusterWatch::Calls{
            [this] { ++taken; }, [this] { ++asked; }, [this] { ++deposed; },
            [this](const ClusterFacts&, const std::vector<LateStart>& late) {
              if (!late.empty()) ++words;
            },
            [this] { return told.with([](const std::vector<LateStart>& all) { return all; }); },
            [this] { return wall_now() + ahead.load(); }});
  }

  // Whether it leads within the time; then it has the store.
  bool leads_within(Millis limit) {
    const Mono until = BootClock::now() + limit;
    while (!store && BootClock::now() < until) {
      store = watch->take_store();
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return store != nullptr;
  }

  // As a loop does.
  void renew() {
    if (store && BootClock::now() >= store->renew_at()) REQUIRE(store->probe().ok());
  }

  std::atomic<Millis> ahead{Millis{0}};  // of its wall clock
  std::unique_ptr<PgStore> store;
  std::atomic<int> taken{0}, asked{0}, deposed{0}, words{0};  // `words`: how often some came
  Locked<std::vector<LateStart>> told;
  std::unique_ptr<ClusterWatch> watch;
};

void run_sql(const PgSettings& settings, const std::string& text) {
  const auto connection = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
  const std::string sql = pg::in_schema(text, settings.schema);
  pg::run(*connection, sql, Seconds{5});
}

bool knows(Node& node, const std::string& other, NodeState state) {
  for (const NodeRow& row : node.watch->facts().nodes) {
    if (row.node == other && row.state == state) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the first node leads at once, and the others know who does", "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  CHECK(a.taken == 1);
  CHECK(a.watch->facts().leads);
  Node b(settings, "b");
  CHECK(comes_true([&] { return b.watch->facts().leader == "a"; }));
  CHECK(comes_true([&] {
    a.renew();
    return knows(b, "a", NodeState::leader) && knows(b, "b", NodeState::follower);
  }));
  const ClusterFacts facts = b.watch->facts();
  CHECK(facts.unreachable.empty());
  CHECK(facts.database.timeline == "00000001");
  CHECK(facts.database.synchronous_standbys == 0);
  CHECK(facts.nodes.at(0).clock_offset.has_value());
}

TEST_CASE("a leader that renews no more is followed after its lease and told so, and not before",
          "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  Node b(settings, "b");
  REQUIRE(comes_true([&] { return b.watch->facts().leader == "a"; }));
  REQUIRE(a.store->probe().ok());
  const Mono renewed = BootClock::now();
  REQUIRE(b.leads_within(patience));
  CHECK(BootClock::now() - renewed >= settings.lease);
  CHECK(comes_true([&] { return a.deposed > 0; }));
  CHECK_FALSE(a.store->probe().ok());
  CHECK_FALSE(a.store->reopen().ok());
  CHECK(a.store->is_deposed());
  CHECK_FALSE(b.watch->facts().handed_over);
  CHECK(b.watch->facts().former == "a");
}

TEST_CASE("a leader that renews in time keeps the lead", "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  Node b(settings, "b");
  for (int i = 0; i < 6; ++i) {
    CHECK(a.store->renew_at() <= BootClock::now() + settings.lease / 3);
    REQUIRE(a.store->probe().ok());
    CHECK_FALSE(b.leads_within(settings.lease / 3));
  }
  CHECK(a.deposed == 0);
}

TEST_CASE("a leader that is asked hands over to the node that was named, though others wait too",
          "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  Node b(settings, "b");
  Node c(settings, "c");
  REQUIRE(comes_true([&] {
    a.renew();
    return knows(b, "c", NodeState::follower) && knows(c, "b", NodeState::follower);
  }));
  PgSettings asker = settings;
  asker.node = "c";
  REQUIRE(PgCluster(asker).ask_hand_over("c").ok());
  REQUIRE(comes_true([&] {
    a.renew();
    return a.asked == 1;
  }));
  a.store.reset();
  const Mono released = BootClock::now();
  REQUIRE(c.leads_within(patience));
  CHECK(BootClock::now() - released < settings.lease);
  CHECK(c.watch->facts().handed_over);
  CHECK_FALSE(b.leads_within(Seconds{1}));
  CHECK(a.asked == 1);
}

TEST_CASE("a leader whose clock is off hands over to a node whose clock is right, and to no other one",
          "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  Node b(settings, "b");
  b.ahead = Millis{-4000};
  a.ahead = Seconds{5};
  REQUIRE(comes_true([&] {
    a.renew();
    return knows(a, "b", NodeState::clock_off);
  }));
  const Mono until = BootClock::now() + Seconds{20};
  while (BootClock::now() < until) {
    a.renew();
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  CHECK(a.asked == 0);
  Node c(settings, "c");
  REQUIRE(comes_true([&] {
    a.renew();
    return a.asked == 1;
  }));
  a.store.reset();
  CHECK(c.leads_within(patience));
  CHECK(c.watch->facts().handed_over);
  CHECK_FALSE(b.leads_within(Seconds{1}));
}

TEST_CASE("what a former leader says of late starts comes to the leader until it was told, and no more",
          "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  const std::vector<LateStart> late{{"b", "browsers", "s1", "r1"}, {"b", "browsers", "s2", "r2"}};
  REQUIRE(PgCluster(settings).leave_words(late, patience).ok());
  CHECK(comes_true([&] {
    a.renew();
    return a.words == 2;
  }));
  CHECK(PgCluster(settings).words(1).value() == late);
  a.told.with([&](std::vector<LateStart>& told) { told = {late[0]}; });
  CHECK(comes_true([&] {
    a.renew();
    return PgCluster(settings).words(1).value() == std::vector{late[1]};
  }));
  a.told.with([&](std::vector<LateStart>& told) { told = late; });
  CHECK(comes_true([&] {
    a.renew();
    return PgCluster(settings).words(1).value().empty();
  }));
}

TEST_CASE("what is left for the leader stays there while another node than the one that asks leads",
          "[postgresql]") {
  const PgSettings settings = fresh_settings();
  auto former = PgStore::open(settings);
  REQUIRE(former.ok());
  const std::int64_t before = (*former)->epoch();
  former->reset();
  const auto store = PgStore::open(settings);
  REQUIRE(store.ok());
  PgCluster cluster(settings);
  const std::vector<LateStart> late{{"a", "browsers", "s1", "r1"}};
  REQUIRE(cluster.leave_words(late, patience).ok());
  CHECK(cluster.words(before).value().empty());
  REQUIRE(cluster.take_words(before, late).ok());
  CHECK(cluster.words((*store)->epoch()).value() == late);
  REQUIRE(cluster.take_words((*store)->epoch(), late).ok());
  CHECK(cluster.words((*store)->epoch()).value().empty());
}

TEST_CASE("a node does not lead the empty store that has come in the place of one that was led",
          "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  Node b(settings, "b");
  REQUIRE(comes_true([&] {
    a.renew();
    return knows(b, "b", NodeState::follower) && b.watch->facts().epoch == 1;
  }));
  const auto connection = pg::Connection::open(settings.url.reveal(), "", patience);
  const std::string drop = "DROP SCHEMA " + settings.schema + " CASCADE";
  pg::run(*connection, drop, patience);
  a.watch.reset();
  CHECK(comes_true([&] { return b.watch->facts().waits_for.find("replaced") != std::string::npos; }));
  CHECK_FALSE(b.leads_within(Seconds{1}));
  // By a process that has not seen the former one.
  Node c(settings, "c");
  CHECK(c.leads_within(patience));
}

TEST_CASE("a node does not lead a database that may lose acknowledged commits, and says why",
          "[postgresql]") {
  PgSettings settings = fresh_settings();
  settings.durability = Durability::replicated;
  Node a(settings, "a");
  CHECK_FALSE(a.leads_within(Seconds{2}));
  CHECK(a.watch->facts().waits_for.find("synchronous standby") != std::string::npos);
  CHECK(knows(a, "a", NodeState::not_durable));
}

TEST_CASE("a node follows a store that a newer version has changed, and does not lead it", "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  Node b(settings, "b");
  REQUIRE(comes_true([&] {
    a.renew();
    return knows(b, "b", NodeState::follower);
  }));
  // As a newer leader migrates: a column more, which this version need not know.
  run_sql(settings, "UPDATE @meta SET version = version + 1");
  run_sql(settings, "ALTER TABLE @sessions ADD COLUMN of_the_next_version text");
  run_sql(settings, "ALTER TABLE @nodes ADD COLUMN of_the_next_version text");
  REQUIRE(comes_true([&] {
    a.renew();
    return knows(b, "b", NodeState::too_old);
  }));
  CHECK(b.watch->facts().leader == "a");
  CHECK(b.watch->facts().unreachable.empty());
  a.store.reset();
  REQUIRE(comes_true([&] { return b.watch->facts().waits_for.find("newer") != std::string::npos; }));
  CHECK_FALSE(b.leads_within(Seconds{1}));
  run_sql(settings, "UPDATE @meta SET version = version - 1");
  CHECK(b.leads_within(patience));
}

TEST_CASE("two daemons with one name know of each other, and take the lead one after the other",
          "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node first(settings, "a");
  REQUIRE(first.leads_within(patience));
  Node second(settings, "a");
  REQUIRE(comes_true([&] {
    first.renew();
    const std::vector<NodeRow> nodes = second.watch->facts().nodes;
    return nodes.size() == 2 && shares_name(nodes[0], nodes);
  }));
  CHECK(knows(second, "a", NodeState::leader));
  CHECK(knows(second, "a", NodeState::follower));
  first.store.reset();
  CHECK(second.leads_within(patience));
}

TEST_CASE("a node does not lead a store that was moved to a file, and says where it is", "[postgresql]") {
  const PgSettings settings = fresh_settings();
  REQUIRE(PgCluster(settings).identify_store().ok());
  run_sql(settings, "UPDATE @meta SET moved_to = '/var/lib/keeper.db', moved_at = 0");
  Node a(settings, "a");
  REQUIRE(comes_true([&] { return knows(a, "a", NodeState::store_moved); }));
  CHECK(a.watch->facts().waits_for.find("/var/lib/keeper.db") != std::string::npos);
  CHECK_FALSE(a.leads_within(Seconds{1}));
}

TEST_CASE("a node with another configuration leaves the lead to one that has the leader's", "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  PgSettings other = settings;
  other.config_hash = "other";
  Node b(other, "b");
  Node c(settings, "c");
  REQUIRE(comes_true([&] {
    a.renew();
    return knows(b, "c", NodeState::follower);
  }));
  a.store.reset();
  REQUIRE(c.leads_within(patience));
  CHECK_FALSE(b.leads_within(Seconds{1}));

  SECTION("and takes it at once where nobody has") {
    c.watch->leave();
    c.store.reset();
    CHECK(b.leads_within(patience));
  }
}

TEST_CASE("a node tells how many commits the database has lost", "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  Node b(settings, "b");
  for (int i = 0; i < 3; ++i) REQUIRE(a.store->probe().ok());
  const auto other = pg::Connection::open(settings.url.reveal(), "", patience);
  const std::int64_t commits = look_at_lead(*other, settings.schema, patience).commits;
  REQUIRE(comes_true([&] { return b.watch->facts().database.commits == commits; }));
  CHECK(b.watch->facts().lost_commits == 0);
  const std::string lose = pg::in_schema("UPDATE @lead SET commits = commits - 2", settings.schema);
  pg::run(*other, lose, patience);
  CHECK(comes_true([&] { return b.watch->facts().lost_commits == 2; }));
}

TEST_CASE("a node tells why it cannot ask the database, and goes on once it can", "[postgresql]") {
  const PgSettings settings = fresh_settings();
  Node a(settings, "a");
  REQUIRE(a.leads_within(patience));
  a.store.reset();
  kit::PgServer::shared().stop("immediate");
  CHECK(comes_true([&] { return !a.watch->facts().unreachable.empty(); }));
  kit::PgServer::shared().start();
  CHECK(comes_true([&] { return a.watch->facts().unreachable.empty(); }));
}

}  // namespace keeper
