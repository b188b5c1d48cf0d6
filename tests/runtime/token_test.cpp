// The control token and its file.
#include "runtime/token.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "runtime/loop_world.h"

#include "catch.h"

namespace keeper {

TEST_CASE(
    "the control token is another one at each start, and its file is its owner's alone and goes with it") {
  ::unsetenv("RUNTIME_DIRECTORY");
  const TempDir directory;
  std::string path;
  std::string before;
  for (int start = 0; start < 2; ++start) {
    const auto token = ControlToken::make(std::filesystem::path(directory.file("x")).parent_path().string());
    REQUIRE(token.ok());
    path = token->path();
    CHECK(path == directory.file("control.token"));
    struct stat file {};
    REQUIRE(::stat(path.c_str(), &file) == 0);
    CHECK((file.st_mode & 0777U) == 0600U);
    CHECK(token->secret().reveal() != before);
    before = token->secret().reveal();
    CHECK(before.size() == 64);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

}  // namespace keeper
