// What the tests of the pools share: effects, the answers that come, and calls that wait at a gate.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/locked.h"
#include "catch.h"
#include "runtime/workers.h"

namespace keeper::test {

inline Effect effect_of(EffectKind kind, std::uint64_t ticket, Mono needed_by = Mono{Seconds{1}}) {
  Effect effect;
  effect.kind = kind;
  effect.ticket = ticket;
  effect.session = SessionId("s" + std::to_string(ticket));
  effect.provider = ProviderName("p");
  effect.needed_by = needed_by;
  return effect;
}

// Gathers answers from any thread.
class Answers {
 public:
  AnswerSink sink() {
    return [this](Answer answer) {
      list_.with([&](std::vector<Answer>& list) { list.push_back(std::move(answer)); });
    };
  }
  std::vector<Answer> wait(std::size_t count) {
    for (int i = 0; i < 1000 && all().size() < count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    return all();
  }
  std::vector<Answer> all() {
    return list_.with([](const std::vector<Answer>& list) { return list; });
  }

 private:
  Locked<std::vector<Answer>> list_;
};

// Where calls wait until it is opened.
class Gate {
 public:
  Task<Done> pass() {
    using Go = std::function<void(Done)>;
    auto opened = told<Done>([this](Go go) {
      const bool is_open = state_.with([&](State& state) {
        if (!state.open) state.waiting.push_back(go);
        return state.open;
      });
      if (is_open) go(Done{});
    });
    co_return co_await opened;
  }

  void open() {
    const auto waiting = state_.with([](State& state) {
      state.open = true;
      return std::exchange(state.waiting, {});
    });
    for (const auto& go : waiting) go(Done{});
  }

  std::size_t waiting() {
    return state_.with([](State& state) { return state.waiting.size(); });
  }

 private:
  struct State {
    bool open = false;
    std::vector<std::function<void(Done)>> waiting;
  };
  Locked<State> state_;
};

inline Task<Answer> at_once(const Effect&, Confirmation*) { co_return Answer{}; }

// Calls of which those that `waits` picks wait at the gate.
inline Carry through(Gate& gate, std::function<bool(const Effect&)> waits) {
  return [&gate, waits = std::move(waits)](const Effect& effect, Confirmation*) -> Task<Answer> {
    if (waits(effect)) co_await gate.pass();
    co_return Answer{};
  };
}

inline bool all(const Effect&) { return true; }
inline bool the_first(const Effect& effect) { return effect.ticket == 1; }

template <class Condition>
void wait_until(Condition condition) {
  for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds{10});
  REQUIRE(condition());
}

inline PoolSettings settings_of(Carry carry, int calls_max = 4) {
  PoolSettings settings;
  settings.name = "p";
  settings.carry = std::move(carry);
  settings.calls_max = calls_max;
  settings.patience = Seconds{30};
  return settings;
}

}  // namespace keeper::test
