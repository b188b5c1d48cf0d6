// Workers: one pool of calls for each provider. The loop's thread gives effects in; answers come out on the
// threads of the pools. A provider that a new configuration no longer names keeps its pool until the process
// ends, because sessions may still name it. A provider whose settings changed gets a new pool, and the old
// one ends its calls.
//
// Where several processes may lead, a fenced effect (Pool::is_fenced) gets into its pool once the store has
// confirmed that this one leads. No thread and no other effect waits for that.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/effect.h"
#include "runtime/leadership.h"
#include "runtime/pool.h"

namespace keeper {

class Workers {
 public:
  // `leadership` outlives this; null: there is nobody else, and nothing is fenced.
  explicit Workers(AnswerSink sink, Leadership* leadership = nullptr)
      : sink_(std::move(sink)), leadership_(leadership) {}

  // Adds providers, or puts them in the place of those of the same name. Any thread.
  void install(std::map<ProviderName, PoolSettings> providers);

  // Exactly one answer for each comes back, also for a provider that is not known. Loop thread.
  void dispatch(std::vector<Effect> effects);

  // See Pool::rate_left; empty also for a provider that is not known. Any thread.
  std::optional<std::size_t> rate_left(const ProviderName& provider);

  // Whether a call of some provider's never ends; see Pool::hangs. Any thread.
  bool hang(std::chrono::steady_clock::time_point now);

  // True once no call is queued, under way or to be confirmed, false if that takes longer.
  bool wait_quiet(Millis limit);

  // Waits for the calls under way, and for the leadership's answers. Afterwards nothing may be dispatched.
  void stop();

 private:
  void hand_on(Effect effect, std::shared_ptr<Confirmation> confirmation);
  void confirm(Effect effect);

  AnswerSink sink_;
  Leadership* const leadership_;
  std::mutex mutex_;
  std::condition_variable all_confirmed_;
  std::size_t confirming_ = 0;  // effects that wait for the leadership's answer
  std::map<ProviderName, std::unique_ptr<Pool>> pools_;
  std::vector<std::unique_ptr<Pool>> replaced_;
};

}  // namespace keeper
