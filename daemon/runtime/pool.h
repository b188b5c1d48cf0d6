// Pool: the threads that call one provider. Takes effects from any thread, carries them out on its own, the
// most urgent first, and gives exactly one answer for each. Threads are made when they are needed, at most
// `threads_max`. Never retries: the core decides that.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "core/effect.h"
#include "runtime/call_rate.h"
#include "settings/settings.h"

namespace keeper {

// Carries one effect out; blocks; called by several threads at once.
using Carry = std::function<Answer(const Effect&)>;
using AnswerSink = std::function<void(Answer)>;

struct PoolSettings {
  std::string name;
  Carry carry;
  int threads_max = 1;
  CallLimits limits;
  Millis patience{};  // an effect that would wait longer than this for its turn is refused at once
};

class Pool {
 public:
  Pool(PoolSettings settings, AnswerSink sink);
  // Waits for the calls under way; what is still queued is answered as not applied.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void add(Effect effect);

  // Nothing queued and nothing under way.
  bool idle() const;

  // Whether a thread is in one effect for longer than its few calls, which all end by themselves, can take.
  // As their limits, by a clock that stands still in a suspend.
  bool hangs(std::chrono::steady_clock::time_point now) const;

  // Calls that the rate limits leave at once, of the lanes the least; empty without a limit.
  std::optional<std::size_t> rate_left(Mono now) const;

 private:
  struct Queued {
    int rank = 0;
    std::uint64_t number = 0;
    Effect effect;
    bool operator<(const Queued& other) const {
      return std::tie(rank, effect.needed_by, number) <
             std::tie(other.rank, other.effect.needed_by, other.number);
    }
  };
  // What shares one limit.
  struct Lane {
    CallRate rate;
    std::set<Queued> queue;
  };
  enum LaneName : std::size_t { starts, reads, stops, cancels };
  // The calls of one effect that count in a lane.
  struct Need {
    LaneName lane = starts;
    std::size_t calls = 1;
  };

  // The first is of the lane in which it queues.
  std::vector<Need> needs_of(const Effect& effect) const;
  int rank_of(EffectKind kind) const;
  Mono free_at(const Effect& effect, std::size_t ahead, Mono now) const;
  std::optional<Error> refusal(const Lane& lane, const Queued& queued) const;
  std::optional<Error> add_thread();
  void work();
  std::optional<Effect> next(std::unique_lock<std::mutex>& lock);
  Answer carry_out(const Effect& effect) const;

  const PoolSettings settings_;
  const AnswerSink sink_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Lane, 4> lanes_;
  std::vector<std::thread> threads_;
  std::uint64_t numbers_ = 0;
  std::size_t queued_ = 0;
  std::size_t waiting_ = 0;  // threads without a call
  std::multiset<std::chrono::steady_clock::time_point>
      begun_;  // when each effect that is under way was taken up
  bool stopping_ = false;
};

// The answer to an effect that never left.
Answer answer_for(const Effect& effect, Error error);

}  // namespace keeper
