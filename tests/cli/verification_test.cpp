#include "cli/verification.h"

#include <SQLiteCpp/Database.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "store/store_kit.h"

#include "catch.h"

using namespace keeper;

namespace {

struct Said {
  int code = 0;
  std::string out, err;
};

Said verify(const std::string& path, bool json = false) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = show_verification({path, "", {}, json}, Terminal{out, err, 80, false, {}});
  return {code, out.str(), err.str()};
}

}  // namespace

TEST_CASE("verify-store says that a store is good, and names the session whose history was changed") {
  kit::TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  kit::must_commit(*kit::open_store(path), kit::story(kit::session(1), State::closed));
  const Said good = verify(path);
  CHECK(good.code == 0);
  CHECK(good.err.empty());
  CHECK(good.out.starts_with(path + ": good, 1 sessions, "));
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("DROP TRIGGER transitions_never_change");
    REQUIRE(database.exec("UPDATE transitions SET reason = 'lost' WHERE to_state = 'closed'") == 1);
  }
  const Said changed = verify(path);
  CHECK(changed.code == 1);
  CHECK(changed.err.find("s1") != std::string::npos);
  CHECK(changed.out.starts_with(path + ": not good"));
  const auto json = nlohmann::json::parse(verify(path, true).out);
  CHECK(json.at("good") == false);
  CHECK(json.at("problems").size() == 1);
}

TEST_CASE("verify-store says why a file cannot be read") {
  const Said missing = verify("/nonexistent/keeper.db");
  CHECK(missing.code == 1);
  CHECK(missing.err.find("/nonexistent/keeper.db") != std::string::npos);
}
