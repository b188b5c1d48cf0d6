// The store's disk fails under a running daemon: full, or flushes that fail.
#include <httplib.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

const std::string two_plans = std::string(desk_plan) + watch_plan;

void let_disk_fail(Stage& stage, const std::string& variable, const std::filesystem::path& flag) {
  stage.preload(FAILING_DISK);
  stage.variables[variable] = flag.string();
}

std::size_t heartbeats(Stage& stage) {
  const Json calls = get_json(stage.control_port, "/calls")->at("calls");
  return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [](const Json& call) {
    return call.at("path").get<std::string>().find("observe") != std::string::npos;
  }));
}

std::size_t starts(Stage& stage) { return stage.remotes().size(); }

// Why the daemon is not ready; empty if it is.
std::string unready(Stage& stage) {
  httplib::Client client("127.0.0.1", stage.status_port);
  const auto answer = client.Get("/-/ready");
  return answer && answer->status == 503 ? answer->body : std::string{};
}

int deliveries_with(Stage& stage, int status) {
  const Json sent = get_json(stage.control_port, "/webhooks")->at("deliveries");
  return static_cast<int>(
      std::count_if(sent.begin(), sent.end(), [&](const Json& one) { return one.at("status") == status; }));
}

// From the moment at which the disk fails to the moment at which it works again.
template <class Fail, class Mend>
void go_through(Stage& stage, Fail&& fail, Mend&& mend) {
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(
      eventually(seconds{20}, [&] { return stage.status().value("/sessions/active"_json_pointer, 0) == 2; }));
  std::string desk;
  for (const Json& remote : stage.remotes("/remotes/live")) {
    if (remote.at("provider") == "videosdk") desk = remote.at("id");
  }
  fail();
  // Its end must be recorded, so that this is when the daemon finds out.
  post_json(stage.control_port, "/remotes/" + desk + "/end", {{"as", "error"}});
  INFO(read_file(stage.directory / "daemon.log"));
  REQUIRE(eventually(seconds{10}, [&] { return !unready(stage).empty(); }));
  CHECK(unready(stage).find("store") != std::string::npos);
  CHECK(eventually(seconds{5}, [&] { return deliveries_with(stage, 503) > 0; }));
  const std::size_t beats = heartbeats(stage);
  std::string output;
  CHECK(stage.run_cli({"start", "desk"}, &output) == 1);
  sleep_for(seconds{4});
  CHECK(heartbeats(stage) >= beats + 2);
  CHECK(starts(stage) == 2);
  const int recorded = deliveries_with(stage, 200);
  mend();
  CHECK(eventually(seconds{3}, [&] { return unready(stage).empty(); }));
  CHECK(eventually(seconds{20},
                   [&] { return stage.remotes("/remotes/live").size() == 2 && starts(stage) == 3; }));
  CHECK(eventually(seconds{20}, [&] { return deliveries_with(stage, 200) > recorded; }));
  CHECK(stage.end_daemon() == 0);
  CHECK(stage.remotes("/remotes/live").empty());
  const std::filesystem::path file = stage.store.empty() ? stage.directory / "keeper.db" : stage.store;
  CHECK(std::filesystem::exists(file));
}

}  // namespace

TEST_CASE(
    "with a full disk heartbeats go on, no start leaves, deliveries get 503, and it recovers by itself") {
  Stage stage("");
  const auto small = stage.directory / "small";
  std::filesystem::create_directory(small);
  if (mount("tmpfs", small.c_str(), "tmpfs", 0, "size=4m") != 0) {
    WARN("not tried: a small tmpfs cannot be mounted here (needs root)");
    return;
  }
  stage.store = small / "keeper.db";
  stage.write_plans(two_plans);
  go_through(
      stage,
      [&] {
        std::ofstream filler(small / "filler", std::ios::binary);
        const std::string block(4096, 'x');
        while (filler.write(block.data(), 4096).flush()) continue;
      },
      [&] { std::filesystem::remove(small / "filler"); });
  stage.daemon.reset();
  umount2(small.c_str(), MNT_DETACH);
}

TEST_CASE(
    "with flushes that fail heartbeats go on, no start leaves, deliveries get 503, and it recovers by "
    "itself") {
  Stage stage(two_plans);
  const auto flag = stage.directory / "fsync-fails";
  let_disk_fail(stage, "FAILING_FSYNC", flag);
  go_through(
      stage, [&] { std::ofstream(flag).flush(); }, [&] { std::filesystem::remove(flag); });
}

TEST_CASE(
    "with flushes that hang heartbeats go on, no start leaves, deliveries get 503, and it recovers by "
    "itself") {
  Stage stage(two_plans);
  const auto flag = stage.directory / "fsync-hangs";
  let_disk_fail(stage, "HANGING_FSYNC", flag);
  go_through(
      stage, [&] { std::ofstream(flag).flush(); }, [&] { std::filesystem::remove(flag); });
}

TEST_CASE("a disk that hangs for longer than the idle timeout lets no session lapse") {
  const bool is_long = std::getenv("KEEPER_LONG_TESTS") != nullptr;
  const std::size_t count = is_long ? 50 : 10;
  const seconds hang{is_long ? 150 : 75};
  Stage stage(
      "  many:\n    provider: browsers\n    schedule: {always: true}\n    count: " + std::to_string(count) +
      "\n    session: {idle_timeout: 1m, max_duration: 30m}\n    keep_alive: true\n    on_shutdown: stop\n" +
      desk_plan);
  const auto flag = stage.directory / "fsync-hangs";
  let_disk_fail(stage, "HANGING_FSYNC", flag);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{60}, [&] {
    return stage.status().value("/sessions/active"_json_pointer, std::size_t{0}) == count + 1;
  }));
  REQUIRE(eventually(seconds{60}, [&] { return heartbeats(stage) >= count; }));
  std::ofstream(flag).flush();
  for (const Json& remote : stage.remotes("/remotes/live")) {
    if (remote.at("provider") == "videosdk") {
      post_json(stage.control_port, "/remotes/" + remote.at("id").get<std::string>() + "/end",
                {{"as", "error"}});
    }
  }
  INFO(read_file(stage.directory / "daemon.log"));
  CHECK(eventually(seconds{10}, [&] { return unready(stage).find("store") != std::string::npos; }));
  sleep_for(hang);
  CHECK(stage.longest_without_heartbeat() < std::chrono::milliseconds{40'000});
  CHECK(stage.remotes("/remotes/live").size() == count);
  std::filesystem::remove(flag);
  CHECK(eventually(seconds{20}, [&] {
    return unready(stage).empty() && stage.remotes("/remotes/live").size() == count + 1;
  }));
  CHECK(starts(stage) == count + 2);
  CHECK(stage.end_daemon() == 0);
}
