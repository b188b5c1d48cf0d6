// Pool: the calls of one provider. Any thread may add an effect. The pool has each carried out within the
// provider's rate limits, at most `calls_max` at a time, and gives exactly one answer for each. Heartbeats go
// first, then stops, then reads, then starts, and of each the most urgent. A quarter of the calls is kept for
// heartbeats and stops, so that reads that hang do not hold them up; a pool of one call keeps none. It never
// retries; the core decides that.
//
// It has one thread, made with the first effect, on which the adapter's code runs and the answers are given.
// The thread waits for no provider.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "base/confirmation.h"
#include "base/task.h"
#include "core/effect.h"
#include "runtime/call_rate.h"
#include "settings/settings.h"

namespace keeper {

// Carries one effect out. Called on the pool's thread, which it must not block. The effect outlives the task,
// and so does the confirmation, which is null unless the effect is fenced.
using Carry = std::function<Task<Answer>(const Effect&, Confirmation*)>;
using AnswerSink = std::function<void(Answer)>;

struct PoolSettings {
  std::string name;
  Carry carry;
  int calls_max = 1;
  CallLimits limits;
  Millis patience{};  // an effect that would wait longer than this for its turn is refused at once
  bool stop_names_place = false;  // and may end another session there than the one it is meant for
};

class Pool {
 public:
  Pool(PoolSettings settings, AnswerSink sink);
  // Waits for the calls under way; what is still queued is answered as not applied.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // `confirmation`: null unless the effect is fenced. A fenced effect that it does not admit when its turn
  // comes is answered as not applied.
  void add(Effect effect, std::shared_ptr<Confirmation> confirmation = nullptr);

  // Whether only the leader may carry the effect out, because it would be wrong to do it beside another one.
  bool is_fenced(const Effect& effect) const;

  // True while no call is queued or under way.
  bool idle() const;

  // Whether one effect has been under way for longer than its calls, each of which has a limit, can take.
  // Like those limits it is measured by a clock that stands still while the machine is suspended.
  bool hangs(std::chrono::steady_clock::time_point now) const;

  // How many calls the rate limits leave at once: the least of all lanes. Empty: there is no limit.
  std::optional<std::size_t> rate_left(Mono now) const;

 private:
  struct Queued {
    int rank = 0;
    std::uint64_t number = 0;
    Effect effect;
    std::shared_ptr<Confirmation> confirmation;
    bool operator<(const Queued& other) const {
      return std::tie(rank, effect.needed_by, number) <
             std::tie(other.rank, other.effect.needed_by, other.number);
    }
  };
  // The calls that share one rate limit.
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

  // The first need names the lane in which the effect is queued.
  std::vector<Need> needs_of(const Effect& effect) const;
  bool has_room(const Queued& queued) const;
  void refuse_late(std::unique_lock<std::mutex>& lock);
  Mono free_at(const Effect& effect, std::size_t ahead, Mono now) const;
  std::optional<Error> refusal(const Lane& lane, const Queued& queued) const;
  std::optional<Error> need_thread();
  void work();
  std::optional<Queued> next(Mono now, Mono* earliest);
  void begin_call(std::unique_lock<std::mutex>& lock, Queued leaving);
  Task<Answer> carry_out(Effect effect, std::shared_ptr<Confirmation> confirmation) const;

  const PoolSettings settings_;
  const AnswerSink sink_;
  const Resume resume_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Lane, 4> lanes_;
  std::thread thread_;
  std::uint64_t numbers_ = 0;
  std::size_t queued_ = 0;
  std::size_t others_under_way_ = 0;               // neither heartbeats nor stops
  std::deque<std::coroutine_handle<>> to_resume_;  // effects whose wait has ended
  // When each effect that is under way was taken up.
  std::multiset<std::chrono::steady_clock::time_point> begun_;
  bool stopping_ = false;
};

// The answer to an effect for which no call was made.
Answer answer_for(const Effect& effect, Error error);

// The answer to a fenced effect that was held back, because that this process leads could not be confirmed.
Answer unconfirmed_answer(const Effect& effect, Error error);

}  // namespace keeper
