// The webhook listener under load while the daemon is killed, and under attack.
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "catch.h"
#include "e2e/hooks.h"
#include "store/verify.h"

using namespace keeper::e2e;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// A sanitizer makes the daemon some ten times as slow, and so as much easier to overwhelm.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int attackers = 100;
#else
constexpr int attackers = 1000;
#endif

bool is_long() { return std::getenv("KEEPER_LONG_TESTS") != nullptr; }

std::unique_ptr<Child> hook_load(Stage& stage, std::vector<std::string> arguments, const std::string& log) {
  arguments.insert(arguments.begin(), HOOK_LOAD_PROGRAM);
  return std::make_unique<Child>(std::move(arguments), std::map<std::string, std::string>{},
                                 stage.directory / log);
}

// Deliveries of ours whose key the daemon pins.
void prepare(Stage& stage, int count) {
  const auto made =
      hook_load(stage, {"make", stage.directory.string(), "--count", std::to_string(count)}, "make.log");
  REQUIRE(made->wait(seconds{600}) == 0);
  stage.agents_lines = "    webhook_public_key_file: " + (stage.directory / "public.pem").string() + "\n";
  stage.write_plans(idle_plan);
}

std::map<std::string, int> stored(const std::filesystem::path& store) {
  const SQLite::Database database(store.string(), SQLite::OPEN_READONLY);
  SQLite::Statement rows(database, "SELECT remote_id, COUNT(*) FROM deliveries GROUP BY remote_id");
  std::map<std::string, int> counts;
  while (rows.executeStep()) counts[rows.getColumn(0).getString()] = rows.getColumn(1).getInt();
  return counts;
}

// KiB, as the kernel counts them.
std::string resident(const Child& child) {
  std::ifstream status("/proc/" + std::to_string(child.pid()) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return line.substr(line.find_first_of("0123456789"));
  }
  return "?";
}

std::set<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::set<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.insert(line);
  return lines;
}

// What the good client's deliveries took, in milliseconds: on the connection that it keeps, and each on one
// of its own.
struct Took {
  std::vector<double> kept, fresh;
};

Took deliver_by_tls(Stage& stage, Hooks& hooks, const std::filesystem::path& certificate, double lasts) {
  using Clock = std::chrono::steady_clock;
  const auto client = [&] {
    auto made = https_client(stage.webhook_port, certificate);
    made->set_tcp_nodelay(true);
    return made;
  };
  const auto keeping = client();
  keeping->set_keep_alive(true);
  const auto send = [&](httplib::SSLClient& to) {
    const Signed delivery = hooks.next();
    const auto begin = Clock::now();
    CHECK(Hooks::send(to, delivery) == 200);
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  };
  send(*keeping);
  Took took;
  for (const auto end = Clock::now() + std::chrono::duration<double>(lasts); Clock::now() < end;
       sleep_for(milliseconds{10})) {
    took.kept.push_back(send(*keeping));
    took.fresh.push_back(send(*client()));
  }
  return took;
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

}  // namespace

TEST_CASE("kill -9 in the middle of the load: every acknowledged delivery is in the store once", "[load]") {
  const int kills = is_long() ? 200 : 8;
  constexpr int rate = 1500;
  const int lasts = kills + 6;
  Stage stage(idle_plan);
  prepare(stage, lasts * rate);
  const std::filesystem::path acked = stage.directory / "acked";
  const auto load = hook_load(
      stage,
      {"send", stage.directory.string(), "--port", std::to_string(stage.webhook_port), "--connections", "32",
       "--rate", std::to_string(rate), "--seconds", std::to_string(lasts), "--acked", acked.string()},
      "load.log");
  std::mt19937 random(20261121);
  for (int i = 0; i < kills; ++i) {
    stage.start_daemon();
    sleep_for(milliseconds{250 + static_cast<int>(random() % 600)});
    REQUIRE(stage.daemon->running());
    stage.kill_daemon();
  }
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(load->wait(seconds{lasts + 60}) == 0);
  CHECK(stage.end_daemon() == 0);

  const Json result = Json::parse(read_file(stage.directory / "load.log"));
  WARN(kills << " kills: " << result.dump());
  CHECK(result.at("broken") > kills / 2);
  const std::set<std::string> acknowledged = lines_of(acked);
  CHECK(acknowledged.size() > static_cast<std::size_t>(kills) * 100);
  const std::map<std::string, int> rows = stored(stage.directory / "keeper.db");
  int lost = 0;
  int doubled = 0;
  for (const std::string& id : acknowledged) lost += rows.contains(id) ? 0 : 1;
  for (const auto& [id, count] : rows) doubled += count > 1 ? 1 : 0;
  CHECK(lost == 0);
  CHECK(doubled == 0);
  const auto verified = keeper::verify_store((stage.directory / "keeper.db").string());
  REQUIRE(verified.ok());
  CHECK(verified->problems == std::vector<std::string>{});
}

TEST_CASE(
    "while many connections attack, in whatever way, the deliveries of a good client are acknowledged in "
    "time",
    "[load]") {
  constexpr double promised_ms = 1000;
  const double lasts = is_long() ? 15 : 2;
  Stage stage(idle_plan);
  prepare(stage, 4000);
  stage.start_daemon();
  REQUIRE(stage.ready());
  const std::string port = std::to_string(stage.webhook_port);
  const auto listing = hook_load(stage, {"attack"}, "kinds");
  REQUIRE(listing->wait(seconds{20}) == 0);
  std::string table =
      "attack: acknowledged, refused, broken, p99 ms | opened, closed, answered, longest s | KiB\n";
  for (const std::string& kind : lines_of(stage.directory / "kinds")) {
    INFO(kind);
    const auto attack = hook_load(stage,
                                  {"attack", kind, "--port", port, "--connections", std::to_string(attackers),
                                   "--seconds", std::to_string(lasts + 1)},
                                  kind + ".attack");
    sleep_for(milliseconds{500});
    const auto good = hook_load(stage,
                                {"send", stage.directory.string(), "--port", port, "--connections", "8",
                                 "--rate", "100", "--seconds", std::to_string(lasts)},
                                kind + ".good");
    REQUIRE(good->wait(seconds{60}) == 0);
    REQUIRE(attack->wait(seconds{60}) == 0);
    const Json well = Json::parse(read_file(stage.directory / (kind + ".good")));
    const Json ill = Json::parse(read_file(stage.directory / (kind + ".attack")));
    CHECK(well.at("acknowledged") > lasts * 80);
    CHECK(well.at("broken") == 0);
    CHECK_FALSE(well.contains("refused"));
    CHECK(well.at("p99_ms") < promised_ms);
    CHECK(ill.at("longest_seconds") < 10.5);
    table += kind + ": " + well.at("acknowledged").dump() + ", 0, 0, " + well.at("p99_ms").dump() + " | " +
             ill.at("opened").dump() + ", " + ill.at("closed").dump() + ", " + ill.at("answered").dump() +
             ", " + ill.at("longest_seconds").dump() + " | " + resident(*stage.daemon) + "\n";
  }
  WARN(table);
}

TEST_CASE("while many connections ask for handshakes, deliveries by https are acknowledged in time",
          "[load]") {
  constexpr double promised_ms = 1000;
  const double lasts = is_long() ? 15 : 2;
  Stage stage(idle_plan);
  Hooks hooks(stage);
  const std::filesystem::path certificate = use_https(stage);
  stage.write_plans(idle_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  const auto listing = hook_load(stage, {"attack", "--tls"}, "kinds");
  REQUIRE(listing->wait(seconds{20}) == 0);
  std::string table =
      "attack: deliveries, p50, p99 ms kept; fresh | opened, closed, answered, longest s | KiB\n";
  for (const std::string& kind : lines_of(stage.directory / "kinds")) {
    INFO(kind);
    const auto attack =
        hook_load(stage,
                  {"attack", kind, "--tls", "--port", std::to_string(stage.webhook_port), "--connections",
                   std::to_string(attackers), "--seconds", std::to_string(lasts + 1)},
                  kind + ".attack");
    sleep_for(milliseconds{500});
    const Took took = deliver_by_tls(stage, hooks, certificate, lasts);
    REQUIRE(attack->wait(seconds{60}) == 0);
    CHECK(percentile(took.kept, 0.99) < promised_ms);
    CHECK(percentile(took.fresh, 0.99) < promised_ms);
    const Json ill = Json::parse(read_file(stage.directory / (kind + ".attack")));
    CHECK(ill.at("opened") >= attackers);
    CHECK(ill.at("longest_seconds") < 10.5);
    table += kind + ": " + std::to_string(took.kept.size()) + ", " +
             std::to_string(percentile(took.kept, 0.5)) + ", " + std::to_string(percentile(took.kept, 0.99)) +
             ", " + std::to_string(percentile(took.fresh, 0.5)) + ", " +
             std::to_string(percentile(took.fresh, 0.99)) + " | " + ill.at("opened").dump() + ", " +
             ill.at("closed").dump() + ", " + ill.at("answered").dump() + ", " +
             ill.at("longest_seconds").dump() + " | " + resident(*stage.daemon) + "\n";
  }
  WARN(table);
}
