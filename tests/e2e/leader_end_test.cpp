// A daemon whose store is a database that takes no write when it begins to lead.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "catch.h"
#include "e2e/programs.h"
#include "store/pg_cluster.h"
#include "store/pg_server.h"

using namespace keeper;
using namespace keeper::e2e;

TEST_CASE("a daemon whose configuration does not get into effect ends by itself") {
  PgSettings settings;
  settings.url = Secret(kit::PgServer::shared().url());
  settings.schema = "not_written";
  settings.durability = Durability::local;
  PgCluster cluster(settings);
  REQUIRE(cluster.identify_store().ok());
  const auto locking = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
  pg::run(*locking, pg::begin_text, Seconds{5});
  pg::run(*locking, "LOCK TABLE not_written.plans IN EXCLUSIVE MODE", Seconds{5});

  std::string name = (std::filesystem::temp_directory_path() / "keeper-leads-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  const std::filesystem::path folder = name;
  std::ofstream(folder / "keeper.yaml")
      << "store: {url: \"" << settings.url.reveal() << "\", schema: not_written, durability: local}\n"
      << "cluster: {node: a}\nstatus: {listen: 127.0.0.1:" << free_port() << "}\n"
      << "providers: {browsers: {type: notte, api_key: \"${KEY}\"}}\n"
      << "plans: {watch: {provider: browsers, schedule: {start: \"0 0 29 2 *\", duration: 1h}}}\n";
  const std::map<std::string, std::string> environment{
      {"STATE_DIRECTORY", name}, {"KEY", "key"}, {"PATH", "/usr/bin:/bin"}};
  Child daemon({KEEPER_PROGRAM, "run", "--config", (folder / "keeper.yaml").string()}, environment,
               folder / "daemon.log");
  const std::optional<int> code = daemon.wait(std::chrono::seconds{60});
  const std::string log = read_file(folder / "daemon.log");
  INFO(log);
  CHECK(code == 1);
  CHECK(log.find("not_started") != std::string::npos);
  const auto lead = cluster.look();
  REQUIRE(lead.ok());
  CHECK(lead->epoch == 1);
  std::filesystem::remove_all(folder);
}
