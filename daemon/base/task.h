// Task<T>: work that waits without a thread. A function that returns a Task is a coroutine: it does nothing
// before it is awaited or launched, and gives its value or exception to whoever awaits it, exactly once. What
// it refers to, its arguments among it, must live until it has ended. A task that waits must not be
// destroyed.
//
//   Task<Status> twice(Callee& callee) {
//     const Status first = co_await callee.call(...);
//     co_return first ? first : co_await callee.call(...);
//   }
//
// Each step runs where the Resume that launch() or wait() gave to the whole work puts it; by one thread at a
// time.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"

namespace keeper {

// Is told by whatever ended a wait, on any thread, and makes the work go on: at once, or on another thread.
using Resume = std::function<void(std::coroutine_handle<>)>;

// For work whose steps are short.
inline const Resume resume_at_once = [](std::coroutine_handle<> waiting) { waiting.resume(); };

template <class T>
using TaskOutcome = std::variant<std::monostate, T, std::exception_ptr>;

template <class T>
T value_of(TaskOutcome<T>& outcome) {
  if (outcome.index() == 2) std::rethrow_exception(std::get<2>(outcome));
  return std::move(std::get<1>(outcome));
}

template <class T>
class [[nodiscard]] Task {
 public:
  struct promise_type;
  using Frame = std::coroutine_handle<promise_type>;

  struct Back {
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(Frame frame) const noexcept { return frame.promise().awaited_by; }
    void await_resume() const noexcept {}
  };

  struct promise_type {
    const Resume* resume = nullptr;
    std::coroutine_handle<> awaited_by;
    TaskOutcome<T> outcome;

    Task get_return_object() { return Task(Frame::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Back final_suspend() const noexcept { return {}; }
    void return_value(T value) { outcome.template emplace<1>(std::move(value)); }
    void unhandled_exception() { outcome.template emplace<2>(std::current_exception()); }
  };

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> by) noexcept {
    KEEPER_CHECK(!frame_.promise().awaited_by);
    frame_.promise().resume = by.promise().resume;
    frame_.promise().awaited_by = by;
    return frame_;
  }
  T await_resume() { return value_of(frame_.promise().outcome); }

 private:
  explicit Task(Frame frame) : frame_(frame) {}

  Frame frame_;
};

// Waits for what is told by a callback: `start` is given a function, and has it called once, at once or
// later.
template <class T, class Start>
class Told {
 public:
  explicit Told(Start start) : start_(std::move(start)) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> by) {
    // The work may go on, and this may be gone, before `start` returns.
    Start start = std::move(start_);
    start([this, by, resume = by.promise().resume](T value) {
      value_.emplace(std::move(value));
      (*resume)(by);
    });
  }
  T await_resume() { return *std::move(value_); }

 private:
  Start start_;
  std::optional<T> value_;
};

template <class T, class Start>
Told<T, Start> told(Start start) {
  return Told<T, Start>(std::move(start));
}

// Work that has been launched, and that owns itself until it has ended.
struct Launched {
  struct promise_type {
    const Resume* resume;

    template <class T, class Ended>
    promise_type(const Task<T>&, const Resume& where, const Ended&) : resume(&where) {}
    Launched get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

// Runs the first step of the task now, and calls `ended` with its value after the last. `resume` outlives the
// task. Neither the task nor `ended` may throw.
template <class T, class Ended>
Launched launch(Task<T> task, [[maybe_unused]] const Resume& resume, Ended ended) {
  ended(co_await task);
}

template <class T>
Task<TaskOutcome<T>> caught(Task<T> task) {
  TaskOutcome<T> outcome;
  try {
    outcome.template emplace<1>(co_await task);
  } catch (...) {
    outcome.template emplace<2>(std::current_exception());
  }
  co_return outcome;
}

// Carries the task out on the calling thread, which is blocked until it has ended. Throws what it throws.
template <class T>
T wait(Task<T> task) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<std::coroutine_handle<>> to_resume;
  TaskOutcome<T> outcome;
  bool has_ended = false;
  const Resume resume = [&](std::coroutine_handle<> waiting) {
    const std::scoped_lock lock(mutex);
    to_resume.push_back(waiting);
    arrived.notify_one();  // with the lock: afterwards the waiter may be gone
  };
  launch(caught(std::move(task)), resume, [&](TaskOutcome<T> value) {
    outcome = std::move(value);
    has_ended = true;
  });
  // The callback above sets it.
  while (!has_ended) {  // NOLINT(bugprone-infinite-loop)
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return !to_resume.empty(); });
    const std::coroutine_handle<> next = to_resume.front();
    to_resume.pop_front();
    lock.unlock();
    next.resume();
  }
  return value_of(outcome);
}

}  // namespace keeper
