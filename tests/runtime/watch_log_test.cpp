// What a node says in its log while the database is away or it leaves a lead alone, and how often. The log's
// own limit of equal lines does not help where the texts differ.
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "net/fake_server.h"
#include "runtime/cluster_watch.h"
#include "runtime/watch_kit.h"
#include "store/pg_server.h"

#include "catch.h"

namespace keeper {
namespace {

struct LogFile {
  LogFile() {
    std::string name = (std::filesystem::temp_directory_path() / "keeper-log-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
  }
  ~LogFile() { std::filesystem::remove_all(folder); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  std::filesystem::path folder;
};

ClusterWatch::Calls calls() {
  ClusterWatch::Calls calls;
  calls.taken = calls.hand_over = calls.deposed = [] {};
  return calls;
}

PgSettings settings_of(const std::string& url, const std::string& node) {
  PgSettings settings;
  settings.url = Secret(url);
  settings.schema = "watch_log";
  settings.durability = Durability::local;
  settings.node = node;
  return settings;
}

}  // namespace

TEST_CASE("a database that answers each look with another error is one line of the log") {
  std::atomic<int> asked{0};
  test::FakeServer odd([](const test::Received&, test::Wire&) {},
                       {nullptr, [&](test::Wire& wire) {
                          // In the place of a yes or no to TLS.
                          wire.send(std::string(1, static_cast<char>('a' + asked++ % 26)));
                          wire.finish();
                        }});
  LogFile file;
  const CapturedLog log(file.folder / "log");
  {
    ClusterWatch watch(
        settings_of("postgresql://keeper@127.0.0.1:" + std::to_string(odd.port()) + "/keeper", "odd"), {},
        calls());
    REQUIRE(comes_true([&] { return asked > 20; }));
  }
  INFO(log.text());
  CHECK(count_of(log.text(), " database_unreachable node=odd ") == 1);
}

TEST_CASE("the log tells that the database is away, and for how long it was", "[postgresql]") {
  LogFile file;
  const PgSettings settings = settings_of(kit::PgServer::shared().url(), "away");
  ClusterWatch watch(settings, {}, calls());
  REQUIRE(comes_true([&] { return watch.facts().unreachable.empty(); }));
  const CapturedLog log(file.folder / "log");
  kit::PgServer::shared().stop("immediate");
  REQUIRE(comes_true([&] { return !watch.facts().unreachable.empty(); }));
  std::this_thread::sleep_for(std::chrono::seconds{1});
  kit::PgServer::shared().start();
  REQUIRE(comes_true([&] { return watch.facts().unreachable.empty(); }));
  INFO(log.text());
  CHECK(count_of(log.text(), " database_unreachable node=away ") == 1);
  CHECK(count_of(log.text(), " database_answers node=away after=") == 1);
}

TEST_CASE("a clock that is off by another figure at each look is one line of the log", "[postgresql]") {
  LogFile file;
  const CapturedLog log(file.folder / "log");
  std::atomic<Millis> ahead{Seconds{5}};
  ClusterWatch::Calls drifting = calls();
  drifting.wall = [&] { return wall_now() + ahead.load(); };
  PgSettings settings = settings_of(kit::PgServer::shared().url(), "drifting");
  settings.schema = "watch_drift";
  {
    ClusterWatch watch(settings, {}, drifting);
    std::string before;
    for (int figures = 0; figures < 3; ++figures) {
      REQUIRE(comes_true([&] {
        const std::string why = watch.facts().waits_for;
        return why != before && why.find("this machine's clock is ") == 0;
      }));
      before = watch.facts().waits_for;
      ahead = ahead.load() + Seconds{3};
    }
  }
  INFO(log.text());
  CHECK(count_of(log.text(), " lead_not_taken node=drifting ") == 1);
}

TEST_CASE("where the clocks of all nodes are off by as much, they say that it is the database's",
          "[postgresql]") {
  PgSettings settings = settings_of(kit::PgServer::shared().url(), "a");
  settings.schema = "watch_their_clock";
  ClusterWatch::Calls off = calls();
  off.wall = [] { return wall_now() + Seconds{60}; };
  ClusterWatch a(settings, {}, off);
  settings.node = "b";
  ClusterWatch b(settings, {}, off);
  for (ClusterWatch* watch : {&a, &b}) {
    CHECK(comes_true([&] { return watch->facts().waits_for.find("the database's clock is ") == 0; }));
    CHECK(told_leader(watch->facts()).find("set it by NTP") != std::string::npos);
  }
}

}  // namespace keeper
