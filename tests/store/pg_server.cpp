#include "store/pg_server.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

#include "catch.h"

namespace keeper::kit {
namespace {

namespace fs = std::filesystem;

// Debian keeps each version's programs in a folder of their own.
std::string programs_folder() {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    if (fs::exists(entry.path() / "bin/initdb")) found.push_back(entry.path() / "bin");
  }
  std::sort(found.begin(), found.end());
  return found.empty() ? "" : found.back();
}

}  // namespace

PgServer& PgServer::shared() {
  static PgServer server;
  return server;
}

PgServer::PgServer() : programs_(programs_folder()) {
  if (programs_.empty()) FAIL("PostgreSQL is not installed; run tests/install-packages");
  std::string name = (fs::temp_directory_path() / "keeper-pg-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  folder_ = name;
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    if (user == nullptr) user = getpwnam("nobody");
    REQUIRE(user != nullptr);
    REQUIRE(chown(folder_.c_str(), user->pw_uid, user->pw_gid) == 0);
  }
  url_ = "postgresql:///postgres?host=" + folder_ + "&user=keeper";
  REQUIRE(run("initdb", "-D " + folder_ + "/data -U keeper -A trust -E UTF8 --no-locale --no-instructions"));
  start();
}

PgServer::~PgServer() {
  if (!run("pg_ctl", "-D " + folder_ + "/data -m immediate stop")) return;
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PgServer::start() {
  REQUIRE(run("pg_ctl", "-D " + folder_ + "/data -w -l " + folder_ +
                            "/log -o \"-c listen_addresses='' -c unix_socket_directories=" + folder_ +
                            " -c shared_buffers=16MB -c max_connections=30\" start"));
}

void PgServer::stop(const std::string& how) {
  REQUIRE(run("pg_ctl", "-D " + folder_ + "/data -w -m " + how + " stop"));
}

// In the folder, since the other user may not be able to read the one that the tests run in.
bool PgServer::run(const std::string& program, const std::string& arguments) {
  std::string command = programs_ + "/" + program + " " + arguments;
  if (geteuid() == 0) {
    const char* user = getpwnam("postgres") != nullptr ? "postgres" : "nobody";
    command =
        "setpriv --reuid=" + std::string(user) + " --regid=$(id -g " + user + ") --clear-groups " + command;
  }
  command = "cd " + folder_ + " && " + command + " >>" + folder_ + "/programs.log 2>&1";
  return std::system(command.c_str()) == 0;
}

}  // namespace keeper::kit
