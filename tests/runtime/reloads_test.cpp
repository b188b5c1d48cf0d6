#include "runtime/reloads.h"

#include <atomic>
#include <future>

#include "catch.h"

namespace keeper {
namespace {

TEST_CASE("a reload that is asked for while one is under way begins after it") {
  std::atomic<int> begun{0};
  std::promise<void> goes_on;
  auto gate = goes_on.get_future().share();
  Reloads reloads([&]() -> Status {
    if (++begun == 1) gate.wait();
    return Done{};
  });
  reloads.ask();
  while (begun == 0) std::this_thread::yield();
  CHECK_FALSE(reloads.ask_and_wait(Millis{20}).has_value());
  CHECK(begun == 1);
  goes_on.set_value();
  const auto outcome = reloads.ask_and_wait(Seconds{10});
  REQUIRE(outcome.has_value());
  CHECK(outcome->ok());
  CHECK(begun >= 2);
}

TEST_CASE("who asked for a reload is told its error, and a stop waits for none to be asked") {
  Reloads reloads([]() -> Status { return Error{ErrorKind::malformed, "no"}; });
  const auto outcome = reloads.ask_and_wait(Seconds{10});
  REQUIRE(outcome.has_value());
  CHECK(outcome->error().what == "no");
  reloads.stop();
  CHECK_FALSE(reloads.ask_and_wait(Seconds{10}).has_value());
}

}  // namespace
}  // namespace keeper
