// Whatever was acknowledged is there after the process was killed.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "store/store_kit.h"
#include "store/verify.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

// Commits session after session, telling each through the pipe once its commit has returned.
[[noreturn]] void commit_for_ever(const std::string& path, int first, int pipe) {
  auto store = Store::open(path);
  if (!store) _exit(1);
  for (int n = first;; ++n) {
    Batch batch = story(session(n), n % 2 == 0 ? State::active : State::closed);
    batch.deliveries = {delivery(n)};
    if (!(*store)->commit(batch)) _exit(2);
    if (write(pipe, &n, sizeof n) != sizeof n) _exit(3);
    if ((*store)->checkpoint_due() || n % 7 == 0) {
      if (!(*store)->checkpoint()) _exit(4);
    }
  }
}

struct Round {
  std::vector<int> acknowledged;
  int status = 0;
};

// Every fifth child is killed at a random moment from its start on, the others after some commits.
Round run_round(const std::string& path, int round, std::mt19937& random) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    commit_for_ever(path, round * 10000, ends[1]);
  }
  close(ends[1]);
  Round result;
  int n = 0;
  if (round % 5 != 0) {
    const int before_kill = std::uniform_int_distribution<int>(1, 10)(random);
    for (int i = 0; i < before_kill && read(ends[0], &n, sizeof n) == sizeof n; ++i) {
      result.acknowledged.push_back(n);
    }
  }
  usleep(std::uniform_int_distribution<unsigned>(0, round % 5 == 0 ? 60000 : 10000)(random));
  kill(child, SIGKILL);
  while (read(ends[0], &n, sizeof n) == sizeof n) result.acknowledged.push_back(n);
  close(ends[0]);
  REQUIRE(waitpid(child, &result.status, 0) == child);
  return result;
}

void require_all(const std::string& path, const std::vector<int>& acknowledged) {
  const auto store = open_store(path);
  const auto history = open_history(path);
  for (const int n : acknowledged) {
    const auto found = history->session(session(n).id);
    REQUIRE(found.value().has_value());
    REQUIRE((**found).state == (n % 2 == 0 ? State::active : State::closed));
    REQUIRE(is_recorded(*store, delivery(n).provider, delivery(n).key));
    TransitionQuery query;
    query.session = session(n).id;
    REQUIRE(history->transitions(query).value().rows.size() == (n % 2 == 0 ? 2 : 3));
  }
}

}  // namespace

TEST_CASE("a kill at any moment loses no acknowledged commit") {
  TempDirectory directory;
  const std::string path = directory.file("s.db");
  std::mt19937 random(20261121);
  std::vector<int> acknowledged;
  for (int round = 0; round < 50; ++round) {
    const Round result = run_round(path, round, random);
    REQUIRE(WIFSIGNALED(result.status));
    require_all(path, result.acknowledged);
    acknowledged.insert(acknowledged.end(), result.acknowledged.begin(), result.acknowledged.end());
  }
  require_all(path, acknowledged);
  REQUIRE(acknowledged.size() > 200);
  const auto found = verify_store(path);
  for (const std::string& problem : found.value().problems)
    REQUIRE(problem.find("digest") != std::string::npos);
}
