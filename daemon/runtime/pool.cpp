#include "runtime/pool.h"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/thread_name.h"

namespace keeper {
namespace {

constexpr int effect_calls_max = 8;  // a list of many pages apart, which the margin has room for
constexpr Millis hang_margin = std::chrono::minutes{5};
constexpr Millis late_look = Seconds{1};  // while calls wait for a free thread

enum Rank : int { keeps, ends, other };

// What keeps or ends a session goes before what makes or watches one.
Rank rank_of(EffectKind kind) {
  if (kind == EffectKind::keep_alive) return keeps;
  return kind == EffectKind::stop ? ends : other;
}

std::size_t kept_free(int threads) {
  return threads < 2 ? 0 : std::max<std::size_t>(static_cast<std::size_t>(threads) / 4, 1);
}

}  // namespace

Answer answer_for(const Effect& effect, Error error) {
  Answer answer;
  answer.kind = effect.kind;
  answer.ticket = effect.ticket;
  answer.session = effect.session;
  answer.provider = effect.provider;
  answer.sent_at = BootClock::now();
  answer.remotes = std::move(error);
  return answer;
}

Pool::Pool(PoolSettings settings, AnswerSink sink)
    : settings_(std::move(settings)),
      sink_(std::move(sink)),
      lanes_{Lane{CallRate(settings_.limits.calls), {}}, Lane{CallRate(settings_.limits.calls), {}},
             Lane{CallRate(settings_.limits.calls), {}}, Lane{CallRate(settings_.limits.cancel), {}}} {
  KEEPER_CHECK(settings_.threads_max > 0);
  KEEPER_CHECK(!settings_.limits.calls || settings_.limits.calls->calls > 0);
}

Pool::~Pool() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  for (const Lane& lane : lanes_) {
    for (const Queued& queued : lane.queue) {
      sink_(answer_for(queued.effect,
                       {ErrorKind::not_applied, "the daemon is ending, so the call was not made"}));
    }
  }
}

std::optional<std::size_t> Pool::rate_left(Mono now) const {
  const std::scoped_lock lock(mutex_);
  std::optional<std::size_t> least;
  for (const Lane& lane : lanes_) {
    const auto left = lane.rate.left(now);
    if (left && (!least || *left < *least)) least = left;
  }
  return least;
}

bool Pool::idle() const {
  const std::scoped_lock lock(mutex_);
  return queued_ == 0 && waiting_ == threads_.size();
}

bool Pool::hangs(std::chrono::steady_clock::time_point now) const {
  const std::scoped_lock lock(mutex_);
  return !begun_.empty() && now - *begun_.begin() > settings_.patience * effect_calls_max + hang_margin;
}

std::vector<Pool::Need> Pool::needs_of(const Effect& effect) const {
  // A heartbeat is read back, and a stop may have to be.
  if (!settings_.limits.each_call) {
    return {{starts, effect.kind == EffectKind::keep_alive || effect.kind == EffectKind::stop ? 2U : 1U}};
  }
  switch (effect.kind) {
    case EffectKind::start:
      return {{starts}};
    case EffectKind::find:
    case EffectKind::observe:
    case EffectKind::keep_alive:
    case EffectKind::list:
      return {{reads}};
    case EffectKind::stop:
      return {{effect.cancel && settings_.limits.cancel ? cancels : stops}, {reads, 2}};
  }
  check_failed("a known EffectKind", __FILE__, __LINE__);
}

// When the effect may leave, with `ahead` calls before it in its own lane. What makes or watches a session
// leaves room for what keeps or ends one.
Mono Pool::free_at(const Effect& effect, std::size_t ahead, Mono now) const {
  Mono free = now;
  for (const Need& need : needs_of(effect)) {
    const CallRate& rate = lanes_.at(need.lane).rate;
    const std::size_t reserved = rank_of(effect.kind) != other ? 0 : rate.reserve();
    free = std::max(free, rate.nth(ahead + rate.at_most(need.calls + reserved), now));
    ahead = 0;
  }
  return free;
}

bool Pool::has_room(const Queued& queued) const {
  const auto threads = static_cast<std::size_t>(settings_.threads_max);
  return queued.rank != other || others_under_way_ < threads - kept_free(settings_.threads_max);
}

// A session has one call under way. One that has not left by its time would hold up the heartbeat after it.
void Pool::refuse_late(std::unique_lock<std::mutex>& lock) {
  const Mono now = BootClock::now();
  std::vector<Effect> late;
  for (Lane& lane : lanes_) {
    // What has a time to leave by is needed by then, so that it comes first.
    for (auto at = lane.queue.lower_bound(Queued{other, 0, {}}); at != lane.queue.end();) {
      const auto queued = at++;
      if (now < queued->effect.needed_by) break;
      if (!queued->effect.answer_by || now < *queued->effect.answer_by) continue;
      late.push_back(std::move(lane.queue.extract(queued).value().effect));
      --queued_;
    }
  }
  if (late.empty()) return;
  lock.unlock();
  for (const Effect& effect : late) {
    sink_(answer_for(effect, {ErrorKind::exhausted,
                              "no call to provider " + settings_.name + " was free in time (max_concurrent)",
                              Seconds{1}}));
  }
  lock.lock();
}

std::optional<Error> Pool::refusal(const Lane& lane, const Queued& queued) const {
  if (!lane.rate.limited()) return std::nullopt;
  const Mono now = BootClock::now();
  const auto ahead = std::distance(lane.queue.begin(), lane.queue.lower_bound(queued));
  const Millis wait = free_at(queued.effect, static_cast<std::size_t>(ahead), now) - now;
  if (wait <= settings_.patience) return std::nullopt;
  return Error{ErrorKind::exhausted,
               "the rate_limit of provider " + settings_.name + " is used up; the next call fits in " +
                   to_text(std::chrono::ceil<Seconds>(wait)),
               wait};
}

// An error only where there is no thread at all.
std::optional<Error> Pool::add_thread() {
  if (threads_.size() >= static_cast<std::size_t>(settings_.threads_max)) return std::nullopt;
  try {
    threads_.emplace_back([this] { work(); });
    ++waiting_;
  } catch (const std::system_error& failure) {
    if (threads_.empty()) {
      return Error{ErrorKind::not_applied,
                   std::string("no thread for the call could be made: ") + failure.what()};
    }
  }
  return std::nullopt;
}

void Pool::add(Effect effect) {
  std::optional<Error> refused;
  {
    const std::scoped_lock lock(mutex_);
    Lane& lane = lanes_.at(needs_of(effect).front().lane);
    Queued queued{rank_of(effect.kind), ++numbers_, std::move(effect)};
    refused = refusal(lane, queued);
    if (!refused && queued_ >= waiting_) refused = add_thread();
    if (refused) {
      effect = std::move(queued.effect);
    } else {
      lane.queue.insert(std::move(queued));
      ++queued_;
    }
  }
  if (refused) {
    sink_(answer_for(effect, std::move(*refused)));
  } else {
    changed_.notify_one();
  }
}

// Waits for an effect that may leave now; empty when the pool stops.
std::optional<Effect> Pool::next(std::unique_lock<std::mutex>& lock) {
  while (!stopping_) {
    refuse_late(lock);
    const Mono now = BootClock::now();
    Mono earliest = mono_never;
    Lane* best = nullptr;
    for (Lane& lane : lanes_) {
      if (lane.queue.empty()) continue;
      if (!has_room(*lane.queue.begin())) {
        earliest = std::min(earliest, now + late_look);
        continue;
      }
      const Mono free = free_at(lane.queue.begin()->effect, 0, now);
      earliest = std::min(earliest, free);
      if (free <= now && (!best || *lane.queue.begin() < *best->queue.begin())) best = &lane;
    }
    if (best) {
      --queued_;
      Effect effect = std::move(best->queue.extract(best->queue.begin()).value().effect);
      for (const Need& need : needs_of(effect)) lanes_.at(need.lane).rate.spend(need.calls, now);
      if (rank_of(effect.kind) == other) ++others_under_way_;
      return effect;
    }
    if (earliest == mono_never) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, earliest - now);
    }
  }
  return std::nullopt;
}

void Pool::work() {
  name_thread(settings_.name);
  std::unique_lock lock(mutex_);
  while (std::optional<Effect> effect = next(lock)) {
    --waiting_;
    const auto begun = begun_.insert(std::chrono::steady_clock::now());
    lock.unlock();
    sink_(carry_out(*effect));
    lock.lock();
    begun_.erase(begun);
    if (rank_of(effect->kind) == other) --others_under_way_;
    ++waiting_;
  }
}

// A failure of our own code after the call left must not pass for "nothing happened".
Answer Pool::carry_out(const Effect& effect) const {
  const Mono sent_at = BootClock::now();
  std::string what = "an unknown failure";
  try {
    Answer answer = settings_.carry(effect);
    // Whatever the adapter fills in, the core matches answers by these.
    answer.kind = effect.kind;
    answer.ticket = effect.ticket;
    answer.session = effect.session;
    answer.provider = effect.provider;
    if (answer.sent_at == Mono{}) answer.sent_at = sent_at;
    return answer;
  } catch (const std::exception& failure) {
    what = failure.what();
  } catch (...) {
  }
  Answer answer = answer_for(effect, {ErrorKind::maybe_applied, "the call to provider " + settings_.name +
                                                                    " failed inside the keeper: " + what});
  answer.sent_at = sent_at;
  return answer;
}

}  // namespace keeper
