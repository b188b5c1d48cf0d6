// A daemon whose store is a database that does not take its first commit when it begins to lead.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>

#include "catch.h"
#include "e2e/programs.h"
#include "store/pg_cluster.h"
#include "store/pg_server.h"

using namespace keeper;
using namespace keeper::e2e;

namespace {

// A daemon that is to lead the store of a schema.
class Leader {
 public:
  explicit Leader(const std::string& schema) {
    settings.url = Secret(kit::PgServer::shared().url());
    settings.schema = schema;
    settings.durability = Durability::local;
    cluster = std::make_unique<PgCluster>(settings);
    REQUIRE(cluster->identify_store().ok());
  }

  ~Leader() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void sql(const std::string& text) const {
    const auto connection = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
    pg::run(*connection, pg::in_schema(text, settings.schema), Seconds{5});
  }

  // Its exit code; empty: it has not ended in time.
  std::optional<int> run() {
    std::string name = (std::filesystem::temp_directory_path() / "keeper-leads-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    std::ofstream(folder_ / "keeper.yaml")
        << "store: {url: \"" << settings.url.reveal() << "\", schema: " << settings.schema
        << ", durability: local}\n"
        << "cluster: {node: a}\nstatus: {listen: 127.0.0.1:" << free_port() << "}\n"
        << "providers: {browsers: {type: notte, api_key: \"${KEY}\"}}\n"
        << "plans: {watch: {provider: browsers, schedule: {start: \"0 0 29 2 *\", duration: 1h}}}\n";
    const std::map<std::string, std::string> environment{
        {"STATE_DIRECTORY", name}, {"KEY", "key"}, {"PATH", "/usr/bin:/bin"}};
    Child daemon({KEEPER_PROGRAM, "run", "--config", (folder_ / "keeper.yaml").string()}, environment,
                 folder_ / "daemon.log");
    const std::optional<int> code = daemon.wait(std::chrono::seconds{60});
    log = read_file(folder_ / "daemon.log");
    return code;
  }

  bool has_logged(const std::string& text) const { return log.find(text) != std::string::npos; }

  PgSettings settings;
  std::unique_ptr<PgCluster> cluster;
  std::string log;

 private:
  std::filesystem::path folder_;
};

}  // namespace

TEST_CASE("a daemon whose configuration does not get into effect ends by itself") {
  Leader leader("not_written");
  const auto locking = pg::Connection::open(leader.settings.url.reveal(), "", Seconds{5});
  pg::run(*locking, pg::begin_text, Seconds{5});
  pg::run(*locking, "LOCK TABLE not_written.plans IN EXCLUSIVE MODE", Seconds{5});
  const std::optional<int> code = leader.run();
  INFO(leader.log);
  CHECK(code == 1);
  CHECK(leader.has_logged("not_started"));
  const auto lead = leader.cluster->look();
  REQUIRE(lead.ok());
  CHECK(lead->epoch == 1);
}

TEST_CASE("a daemon whose first rows the database refuses ends, and says which and what to do") {
  Leader leader("refused");
  leader.sql("ALTER TABLE @plans ADD CONSTRAINT no_watch CHECK (name <> 'watch')");
  const std::optional<int> code = leader.run();
  INFO(leader.log);
  CHECK(code == 1);
  const std::size_t told = leader.log.find("not_started");
  REQUIRE(told != std::string::npos);
  CHECK(leader.log.find("no_watch", told) != std::string::npos);
  CHECK(leader.log.find("verify-store", told) != std::string::npos);
}

TEST_CASE("a daemon that loses the lead before its configuration is in effect ends as one that led") {
  Leader leader("taken");
  // The first commit with a plan comes when another node has the lead.
  leader.sql(
      "CREATE FUNCTION @take() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
      "UPDATE taken.lead SET epoch = epoch + 1, token = 'other', node = 'b'; RETURN NULL; END$$");
  leader.sql("CREATE TRIGGER take AFTER UPDATE OF boot ON @meta FOR EACH ROW EXECUTE FUNCTION @take()");
  const std::optional<int> code = leader.run();
  INFO(leader.log);
  CHECK(code == 75);
  CHECK(leader.has_logged("another node leads"));
}
