// Work that waits without a thread: it goes on where it was told to, once, and hands on what it is given.
#include "base/task.h"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "catch.h"

using namespace keeper;

namespace {

// Told by another thread.
Task<int> later(int value) {
  auto arrived =
      told<int>([value](std::function<void(int)> go) { std::thread([value, go] { go(value); }).detach(); });
  co_return co_await arrived;
}

Task<int> at_once_told(int value) {
  auto arrived = told<int>([value](std::function<void(int)> go) { go(value); });
  co_return co_await arrived;
}

Task<int> sum(int count) {
  int all = 0;
  for (int i = 1; i <= count; ++i) {
    const int value = i % 2 == 0 ? co_await later(i) : co_await at_once_told(i);
    all += value;
  }
  co_return all;
}

Task<int> failing() {
  const int value = co_await later(1);
  if (value == 1) throw std::runtime_error("no luck");
  co_return value;
}

Task<std::thread::id> thread_after_wait() {
  co_await later(1);
  co_return std::this_thread::get_id();
}

struct Counted {
  explicit Counted(int* count) : count_(count) { ++*count_; }
  ~Counted() { --*count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  int* count_;
};

Task<int> holding(int* count) {
  const Counted counted(count);
  co_return co_await later(*count);
}

}  // namespace

TEST_CASE("a task gives what the tasks that it awaits give") { CHECK(wait(sum(100)) == 5050); }

TEST_CASE("an exception goes to whoever waits") { CHECK_THROWS_WITH(wait(failing()), "no luck"); }

TEST_CASE("a task goes on where its Resume puts it") {
  CHECK(wait(thread_after_wait()) == std::this_thread::get_id());
}

TEST_CASE("a task that is not awaited does nothing, and what one holds is destroyed when it ends") {
  int count = 0;
  { const Task<int> unused = holding(&count); }
  CHECK(count == 0);
  CHECK(wait(holding(&count)) == 1);
  CHECK(count == 0);
}

TEST_CASE("launched work ends once, whoever tells it to go on") {
  std::vector<int> ended;
  launch(at_once_told(7), resume_at_once, [&](int value) { ended.push_back(value); });
  CHECK(ended == std::vector<int>{7});
}
