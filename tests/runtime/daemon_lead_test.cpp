// A daemon that leads a database, in this process: what becomes of the words of late starts, and of the
// sessions of plans with `on_shutdown: stop` when it is told twice to end. The database is a real server, the
// provider a script.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "net/fake_server.h"
#include "runtime/daemon.h"
#include "runtime/watch_kit.h"
#include "store/pg_server.h"

#include "catch.h"

namespace keeper {
namespace {

namespace fs = std::filesystem;
using test::FakeServer;
using test::Received;
using test::Wire;

// Its starts are answered once they may be.
class Agents {
 public:
  explicit Agents(bool answers)
      : answers_(answers), server_([this](const Received& request, Wire& wire) {
          if (request.method != "POST" || !request.target.ends_with("/start")) {
            wire.send(test::reply(404, "{}"));
            return;
          }
          const int number = ++starts_;
          while (!answers_ && !server_.is_stopping())
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
          wire.send(test::reply(
              200, R"({"data":{"sessionId":"r)" + std::to_string(number) + R"(","status":"running"}})"));
        }) {}
  void answer() { answers_ = true; }
  int starts() const { return starts_; }
  std::string url() const { return server_.url(); }

 private:
  std::atomic<bool> answers_;
  std::atomic<int> starts_{0};
  FakeServer server_;
};

class Stage {
 public:
  Stage(const std::string& schema, const std::string& rest) {
    settings.url = Secret(kit::PgServer::shared().url());
    settings.schema = schema;
    settings.durability = Durability::local;
    std::string name = (fs::temp_directory_path() / "keeper-leads-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    ::setenv("STATE_DIRECTORY", name.c_str(), 1);
    ::setenv("KEY", "planted-key", 1);
    std::ofstream(folder / "keeper.yaml")
        << "store: {url: \"" << settings.url.reveal() << "\", schema: " << schema << ", durability: local}\n"
        << "cluster: {node: a, lease: 3s}\nstatus: {listen: 127.0.0.1:1}\n"
        << rest;
    log.emplace(folder / "daemon.log");
  }
  ~Stage() {
    daemon.reset();
    log.reset();
    fs::remove_all(folder);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void lead() {
    int code = 0;
    daemon = Daemon::open((folder / "keeper.yaml").string(), signals, &code);
    INFO(log->text());
    REQUIRE(daemon);
    REQUIRE(daemon->follow());
    REQUIRE(daemon->prepare().ok());
    REQUIRE(daemon->start().ok());
  }
  // Until it has been told so often to end, or ends by itself. The exit code.
  int serve(int times) {
    std::thread teller([&] {
      for (int told = 0; told < times; ++told) {
        if (told == 1) comes_true([&] { return count_of(log->text(), " stopping ") > 0; });
        std::this_thread::sleep_for(std::chrono::milliseconds{500});
        ::kill(::getpid(), SIGTERM);
      }
    });
    const int code = daemon->serve([] {});
    teller.join();
    return code;
  }
  void run_sql(const std::string& text) const {
    const auto connection = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
    const std::string sql = pg::in_schema(text, settings.schema);
    pg::run(*connection, sql, Seconds{5});
  }

  PgSettings settings;
  fs::path folder;
  Signals signals;
  std::optional<CapturedLog> log;
  std::unique_ptr<Daemon> daemon;
};

std::string always(const Agents& provider, int count, const std::string& more) {
  return "providers: {agents: {type: videosdk, base_url: \"" + provider.url() +
         "\", api_key: \"${KEY}\", secret: \"${KEY}\", max_concurrent: 16}}\n"
         "plans: {desk: {provider: agents, schedule: {always: true}, count: " +
         std::to_string(count) + ", session: {deployment_id: demo, tag: v1.0}" + more + "}}\n";
}

}  // namespace

TEST_CASE("the word of a late start stays in the database until its notice is on disk", "[postgresql]") {
  Stage stage("words_kept",
              "providers: {browsers: {type: notte, api_key: \"${KEY}\"}}\n"
              "plans: {watch: {provider: browsers, schedule: {start: \"0 0 29 2 *\", duration: 1h}}}\n"
              "notifications: {pager: {url: \"http://127.0.0.1:1/\", secret: \"${KEY}\"}}\n");
  PgCluster cluster(stage.settings);
  REQUIRE(cluster.identify_store().ok());
  const std::vector<LateStart> late{{"b", "browsers", "s1", "r1"}};
  REQUIRE(cluster.leave_words(late, patience).ok());
  const auto locking = pg::Connection::open(stage.settings.url.reveal(), "", Seconds{5});
  pg::run(*locking, pg::begin_text, Seconds{5});
  pg::run(*locking, "LOCK TABLE words_kept.messages IN EXCLUSIVE MODE", Seconds{5});
  stage.lead();
  // The rounds of the watch that would take it are five seconds apart.
  std::this_thread::sleep_for(std::chrono::seconds{8});
  CHECK(cluster.words(1).value() == late);
  CHECK(count_of(stage.log->text(), " late_start ") == 0);
  pg::run(*locking, "ROLLBACK", Seconds{5});
  CHECK(comes_true([&] { return cluster.words(1).value().empty(); }));
  CHECK(count_of(stage.log->text(), " late_start ") == 1);
  CHECK(stage.serve(1) == exit_good);
  CHECK(stage.daemon->end());
}

TEST_CASE("a node that lost the lead leaves word of all late starts together, or names each in the log",
          "[postgresql]") {
  constexpr int starts = 8;
  const bool is_away = GENERATE(false, true);
  Agents provider(false);
  Stage stage(is_away ? "words_not_left" : "words_left", always(provider, starts, ""));
  stage.lead();
  REQUIRE(comes_true([&] { return provider.starts() == starts; }));
  stage.run_sql("UPDATE @lead SET epoch = epoch + 1, token = 'another', node = 'b'");
  CHECK(stage.serve(0) == exit_deposed);
  // Its lease is over.
  std::this_thread::sleep_for(std::chrono::seconds{4});
  provider.answer();
  if (is_away) kit::PgServer::shared().stop("immediate");
  CHECK_FALSE(stage.daemon->end());
  const std::string log = stage.log->text();
  INFO(log);
  CHECK(count_of(log, " late_start session=") == (is_away ? 0 : starts));
  CHECK(count_of(log, " late_start_not_told session=") == (is_away ? starts : 0));
  if (is_away) kit::PgServer::shared().start();
  CHECK(PgCluster(stage.settings).words(2).value().size() == (is_away ? 0 : starts));
}

TEST_CASE("words of late starts wait for a silent database no longer than they may, however many they are",
          "[postgresql]") {
  FakeServer silent([](const Received&, Wire&) {}, {nullptr, [](Wire& wire) { wire.hold(); }});
  PgSettings settings;
  settings.url = Secret("postgresql://keeper@127.0.0.1:" + std::to_string(silent.port()) + "/keeper");
  std::vector<LateStart> late;
  for (int i = 0; i < 50; ++i) late.push_back({"a", "browsers", "s" + std::to_string(i), "r"});
  const Mono begin = BootClock::now();
  CHECK_FALSE(PgCluster(settings).leave_words(late, Seconds{1}).ok());
  CHECK(BootClock::now() - begin < Seconds{3});
}

TEST_CASE("a leader that is told twice to end names the sessions that it leaves, and to whom",
          "[postgresql]") {
  Agents provider(true);
  Stage stage("left_sessions", always(provider, 2, ", on_shutdown: stop"));
  stage.lead();
  REQUIRE(comes_true([&] {
    const ViewPtr view = stage.daemon->published().view;
    return view && view->counts[1] == 2;
  }));
  // Killed since: its row is there, and is renewed no more.
  NodeRow other;
  other.node = "b";
  other.incarnation = "dead";
  REQUIRE(PgCluster(stage.settings).exchange(other, 0).ok());
  const Mono begin = BootClock::now();
  CHECK(stage.serve(2) == exit_good);
  CHECK(BootClock::now() - begin < Seconds{10});
  const std::string log = stage.log->text();
  INFO(log);
  CHECK(count_of(log, " leaving_early reason=\"second signal\"") == 1);
  CHECK(count_of(log, " session_left ") == 2);
  const std::string line = stage.log->line(" session_left ");
  CHECK(line.find("plan=desk") != std::string::npos);
  CHECK(line.find("remote=r") != std::string::npos);
  CHECK(line.find("to=b last_heard=") != std::string::npos);
  stage.daemon->end();
}

}  // namespace keeper
