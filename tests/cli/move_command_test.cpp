// The commands that open a store by themselves, over a database.
#include "cli/move.h"

#include <fstream>
#include <sstream>

#include "cli/backup.h"
#include "cli/offline.h"
#include "cli/verification.h"
#include "store/pg_server.h"
#include "store/store_kit.h"

#include "catch.h"

using namespace keeper;

namespace {

struct Printed {
  int code = 0;
  std::string out, err;
  bool has(std::string_view text) const {
    return out.find(text) != std::string::npos || err.find(text) != std::string::npos;
  }
};

template <class Call>
Printed printed(Call&& call) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = call(Terminal{out, err, 80, false, {}});
  return {code, out.str(), err.str()};
}

Printed run_move_of(const MoveRequest& request) {
  return printed([&](const Terminal& terminal) { return run_move(request, terminal); });
}

Printed verified(const VerifyRequest& request) {
  return printed([&](const Terminal& terminal) { return show_verification(request, terminal); });
}

MoveRequest request_of(const std::string& from, const std::string& schema) {
  MoveRequest request;
  request.from = from;
  request.to.url = kit::PgServer::shared().url();
  request.to.schema = schema;
  return request;
}

}  // namespace

TEST_CASE("move-store moves, verify-store finds the store there, and the file says where it went") {
  kit::TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  kit::must_commit(*kit::open_store(path), kit::story(kit::session(1), State::closed));
  const MoveRequest request = request_of(path, "moved_by_command");
  const Printed moved = run_move_of(request);
  INFO(moved.err);
  CHECK(moved.code == 0);
  CHECK(moved.has("schema moved_by_command, verified: 1 sessions, 3 transitions"));
  const Printed there = verified({request.to.url, "", request.to});
  INFO(there.err);
  CHECK(there.code == 0);
  CHECK(there.has(": good, 1 sessions, 3 transitions"));
  CHECK(verified({path, "", {}}).has("was moved to postgresql://"));
  const BackupRequest back{directory.file("back.db"), "", true, request.to};
  const Client nobody = *Client::make("http://127.0.0.1:1");
  const Printed copied = printed([&](const Terminal& terminal) {
    return ask_backup({nobody, false}, back, terminal);
  });
  INFO(copied.err);
  CHECK(copied.has("verified: 1 sessions, 3 transitions"));
  CHECK(verified({back.file, "", {}}).code == 0);
  MoveRequest undo;
  undo.from = path;
  undo.undo = true;
  CHECK(run_move_of(undo).has("is a store again"));
  CHECK(run_move_of(undo).code == 0);
  CHECK(verified({path, "", {}}).code == 0);
}

TEST_CASE("move-store moves a store back into a file, and the database says where it went") {
  kit::TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  kit::must_commit(*kit::open_store(path), kit::story(kit::session(1), State::closed));
  const MoveRequest there = request_of(path, "moved_back_by_command");
  REQUIRE(run_move_of(there).code == 0);
  MoveRequest back = there;
  back.from = there.to.url;
  back.to.url = directory.file("new.db");
  const Printed moved = run_move_of(back);
  INFO(moved.err);
  CHECK(moved.code == 0);
  CHECK(moved.has("verified: 1 sessions, 3 transitions"));
  CHECK(verified({back.to.url, "", {}}).code == 0);
  back.to.url = directory.file("newer.db");
  CHECK(run_move_of(back).has("was moved to " + directory.file("new.db")));
  back.undo = true;
  CHECK(run_move_of(back).has("schema moved_back_by_command: is a store again"));
  CHECK(run_move_of(back).has("was not moved"));
  back.undo = false;
  back.to.url = there.to.url;
  CHECK(run_move_of(back).code == exit_usage);
}

TEST_CASE("a database's password is taken from a file, and never shown") {
  kit::TempDirectory directory;
  MoveRequest request = request_of(directory.file("keeper.db"), "x");
  for (const char* url :
       {"postgresql://keeper:hunter2@pg1/keeper", "postgres://pg1/k?password=hunter2", "hunter2",
        "postgresql://keeper:x/hunter2@pg1/keeper", "postgresql://keeper:hunter2/keeper"}) {
    request.to.url = url;
    const Printed refused = run_move_of(request);
    CHECK(refused.code == exit_usage);
    CHECK_FALSE(refused.has("hunter2"));
    const Printed asked = verified({url, "", request.to});
    CHECK(asked.code != 0);
  }
  request.to.url = "postgresql://keeper@pg1/keeper";
  request.to.password_file = directory.file("none");
  CHECK(run_move_of(request).has("--password-file"));
  request.to.url.clear();
  CHECK(run_move_of(request).has("--to URL"));
}

TEST_CASE("check-config --online tells what the store's database is fit for") {
  kit::TempDirectory directory;
  const std::string config = directory.file("keeper.yaml");
  const auto check = [&](const std::string& durability) {
    std::ofstream(config) << "store: {url: \"" << kit::PgServer::shared().url()
                          << "\", schema: checked, durability: " << durability << "}\n";
    return printed(
        [&](const Terminal& terminal) { return check_config({.file = config, .online = true}, terminal); });
  };
  const Printed good = check("local");
  INFO(good.out << good.err);
  CHECK(good.code == 0);
  for (const char* line : {"PostgreSQL 1", "timeline 00000001", "0 synchronous standbys", "ms",
                           "holds no store yet", "may write the store", "end the connections",
                           "durability is as configured: local", "the store is postgresql://"}) {
    CHECK(good.has(line));
  }
  const Printed bad = check("replicated");
  CHECK(bad.code != 0);
  CHECK(bad.has("has no synchronous standby"));
}
