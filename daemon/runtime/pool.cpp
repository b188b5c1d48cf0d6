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
constexpr Millis late_look = Seconds{1};  // while effects wait for a free call

enum Rank : int { keeps, ends, watches, makes };

// What keeps or ends a session goes before what watches or makes one.
Rank rank_of(EffectKind kind) {
  switch (kind) {
    case EffectKind::keep_alive:
      return keeps;
    case EffectKind::stop:
      return ends;
    case EffectKind::cleanup:
    case EffectKind::observe:
    case EffectKind::find:
    case EffectKind::list:
      return watches;
    case EffectKind::start:
      return makes;
  }
  check_failed("a known EffectKind", __FILE__, __LINE__);
}

bool keeps_or_ends(int rank) { return rank <= ends; }

std::size_t kept_free(int calls) {
  return calls < 2 ? 0 : std::max<std::size_t>(static_cast<std::size_t>(calls) / 4, 1);
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

Answer unconfirmed_answer(const Effect& effect, Error error) {
  Answer answer = answer_for(effect, std::move(error));
  answer.held_back = true;
  return answer;
}

Pool::Pool(PoolSettings settings, AnswerSink sink)
    : settings_(std::move(settings)),
      sink_(std::move(sink)),
      resume_([this](std::coroutine_handle<> waiting) {
        const std::scoped_lock lock(mutex_);
        to_resume_.push_back(waiting);
        changed_.notify_one();  // with the lock: afterwards the pool may be gone
      }),
      lanes_{Lane{CallRate(settings_.limits.calls), {}}, Lane{CallRate(settings_.limits.calls), {}},
             Lane{CallRate(settings_.limits.calls), {}}, Lane{CallRate(settings_.limits.cancel), {}}} {
  KEEPER_CHECK(settings_.calls_max > 0);
  KEEPER_CHECK(!settings_.limits.calls || settings_.limits.calls->calls > 0);
}

Pool::~Pool() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
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
  return queued_ == 0 && begun_.empty();
}

bool Pool::hangs(std::chrono::steady_clock::time_point now) const {
  const std::scoped_lock lock(mutex_);
  return !begun_.empty() && now - *begun_.begin() > settings_.patience * effect_calls_max + hang_margin;
}

bool Pool::is_fenced(const Effect& effect) const {
  return effect.kind == EffectKind::start || (effect.kind == EffectKind::stop && settings_.stop_names_place);
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
    case EffectKind::cleanup:
      return {{stops}};
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
    const std::size_t reserved = keeps_or_ends(rank_of(effect.kind)) ? 0 : rate.reserve();
    free = std::max(free, rate.nth(ahead + rate.at_most(need.calls + reserved), now));
    ahead = 0;
  }
  return free;
}

bool Pool::has_room(const Queued& queued) const {
  const auto calls = static_cast<std::size_t>(settings_.calls_max);
  if (begun_.size() >= calls) return false;
  return keeps_or_ends(queued.rank) || others_under_way_ < calls - kept_free(settings_.calls_max);
}

// A session has one call under way. One that has not left by its time would hold up the heartbeat after it.
void Pool::refuse_late(std::unique_lock<std::mutex>& lock) {
  const Mono now = BootClock::now();
  std::vector<Effect> late;
  for (Lane& lane : lanes_) {
    // What has a time to leave by is needed by then, so that it comes first.
    for (auto at = lane.queue.lower_bound(Queued{watches, 0, {}, {}}); at != lane.queue.end();) {
      const auto queued = at++;
      if (queued->rank != watches || now < queued->effect.needed_by) break;
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

std::optional<Error> Pool::need_thread() {
  if (thread_.joinable()) return std::nullopt;
  try {
    thread_ = std::thread([this] { work(); });
    return std::nullopt;
  } catch (const std::system_error& failure) {
    return Error{ErrorKind::not_applied,
                 std::string("no thread for the calls could be made: ") + failure.what()};
  }
}

void Pool::add(Effect effect, std::shared_ptr<Confirmation> confirmation) {
  std::optional<Answer> refused;
  {
    const std::scoped_lock lock(mutex_);
    Lane& lane = lanes_.at(needs_of(effect).front().lane);
    Queued queued{rank_of(effect.kind), ++numbers_, std::move(effect), std::move(confirmation)};
    std::optional<Error> why = refusal(lane, queued);
    if (!why) why = need_thread();
    if (why) {
      refused = answer_for(queued.effect, *std::move(why));
    } else {
      lane.queue.insert(std::move(queued));
      ++queued_;
    }
  }
  if (refused) {
    sink_(*std::move(refused));
  } else {
    changed_.notify_one();
  }
}

// The effect that is to leave now. Empty: there is none before `earliest`, unless something changes.
std::optional<Pool::Queued> Pool::next(Mono now, Mono* earliest) {
  Lane* best = nullptr;
  for (Lane& lane : lanes_) {
    if (lane.queue.empty()) continue;
    if (!has_room(*lane.queue.begin())) {
      *earliest = std::min(*earliest, now + late_look);
      continue;
    }
    const Mono free = free_at(lane.queue.begin()->effect, 0, now);
    *earliest = std::min(*earliest, free);
    if (free <= now && (!best || *lane.queue.begin() < *best->queue.begin())) best = &lane;
  }
  if (!best) return std::nullopt;
  --queued_;
  Queued leaving = std::move(best->queue.extract(best->queue.begin()).value());
  if (leaving.confirmation && !leaving.confirmation->admits(now)) return leaving;
  for (const Need& need : needs_of(leaving.effect)) lanes_.at(need.lane).rate.spend(need.calls, now);
  return leaving;
}

// Lets out what may leave before it goes on with an answer, so that a heartbeat waits for one answer's
// reading at the most.
void Pool::work() {
  name_thread(settings_.name);
  std::unique_lock lock(mutex_);
  while (!stopping_ || !begun_.empty()) {
    Mono earliest = mono_never;
    std::optional<Queued> leaving;
    const Mono now = BootClock::now();
    if (!stopping_) {
      refuse_late(lock);
      leaving = next(now, &earliest);
    }
    if (leaving) {
      begin_call(lock, *std::move(leaving));
    } else if (!to_resume_.empty()) {
      const std::coroutine_handle<> waiting = to_resume_.front();
      to_resume_.pop_front();
      lock.unlock();
      waiting.resume();
      lock.lock();
    } else if (earliest == mono_never) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, earliest - now);
    }
  }
}

void Pool::begin_call(std::unique_lock<std::mutex>& lock, Queued leaving) {
  if (leaving.confirmation && leaving.confirmation->has_refused()) {
    lock.unlock();
    sink_(unconfirmed_answer(leaving.effect,
                             {ErrorKind::not_applied, "the store has not confirmed within the last " +
                                                          to_text(Confirmation::life) +
                                                          " that this process leads, so nothing was sent"}));
    lock.lock();
    return;
  }
  const auto begun = begun_.insert(std::chrono::steady_clock::now());
  const bool is_other = !keeps_or_ends(leaving.rank);
  if (is_other) ++others_under_way_;
  lock.unlock();
  launch(carry_out(std::move(leaving.effect), std::move(leaving.confirmation)), resume_,
         [this, begun, is_other](Answer answer) {
           sink_(std::move(answer));
           const std::scoped_lock ended(mutex_);
           begun_.erase(begun);
           if (is_other) --others_under_way_;
         });
  lock.lock();
}

// A failure of our own code after the call left must not pass for "nothing happened".
Task<Answer> Pool::carry_out(Effect effect, std::shared_ptr<Confirmation> confirmation) const {
  const Mono sent_at = BootClock::now();
  std::string what = "an unknown failure";
  try {
    Answer answer = co_await settings_.carry(effect, confirmation.get());
    // Whatever the adapter fills in, the core matches answers by these.
    answer.kind = effect.kind;
    answer.ticket = effect.ticket;
    answer.session = effect.session;
    answer.provider = effect.provider;
    if (answer.sent_at == Mono{}) answer.sent_at = sent_at;
    answer.held_back = confirmation && confirmation->has_refused() && !answer.remotes &&
                       answer.remotes.error().kind == ErrorKind::not_applied;
    co_return answer;
  } catch (const std::exception& failure) {
    what = failure.what();
  } catch (...) {
  }
  Answer answer = answer_for(effect, {ErrorKind::maybe_applied, "the call to provider " + settings_.name +
                                                                    " failed inside the keeper: " + what});
  answer.sent_at = sent_at;
  co_return answer;
}

}  // namespace keeper
