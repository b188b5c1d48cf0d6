#include "runtime/descriptor_limit.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catch.h"

namespace keeper {
namespace {

enum : int { as_expected, limit_not_set, not_raised, lowered, said_nothing };

rlim_t soft_limit() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur;
}

// In a process of its own, since a hard limit cannot be raised again.
int tried() {
  const rlimit files{200, 2500};
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) return limit_not_set;
  if (!raise_descriptor_limit(100) || soft_limit() != 2248) return not_raised;
  if (!raise_descriptor_limit(50) || soft_limit() != 2248) return lowered;
  const Status short_of = raise_descriptor_limit(1000);
  if (short_of.ok() || short_of.error().what.find("LimitNOFILE") == std::string::npos) return said_nothing;
  return soft_limit() == 2500 ? as_expected : not_raised;
}

TEST_CASE("the limit of descriptors is raised to what the calls need, and it is said where it cannot be") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(tried());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == as_expected);
}

}  // namespace
}  // namespace keeper
