#include "runtime/workers.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace keeper {

void Workers::install(std::map<ProviderName, PoolSettings> providers) {
  const std::scoped_lock lock(mutex_);
  for (auto& [name, settings] : providers) {
    std::unique_ptr<Pool>& pool = pools_[name];
    if (pool) replaced_.push_back(std::move(pool));
    pool = std::make_unique<Pool>(std::move(settings), sink_);
  }
  std::erase_if(replaced_, [](const std::unique_ptr<Pool>& pool) { return pool->idle(); });
}

void Workers::dispatch(std::vector<Effect> effects) {
  const std::scoped_lock lock(mutex_);
  for (Effect& effect : effects) {
    const auto found = pools_.find(effect.provider);
    if (leadership_ != nullptr && found != pools_.end() && found->second->is_fenced(effect)) {
      confirm(std::move(effect));
    } else {
      hand_on(std::move(effect), nullptr);
    }
  }
}

// With the lock.
void Workers::hand_on(Effect effect, std::shared_ptr<Confirmation> confirmation) {
  const auto found = pools_.find(effect.provider);
  if (found != pools_.end()) {
    found->second->add(std::move(effect), std::move(confirmation));
  } else {
    sink_(answer_for(effect, {ErrorKind::not_applied, "provider " + effect.provider.str() +
                                                          " is not configured any more; add it again"}));
  }
}

// With the lock.
void Workers::confirm(Effect effect) {
  ++confirming_;
  leadership_->confirm(
      [this, effect = std::move(effect)](const Result<std::shared_ptr<Confirmation>>& confirmed) {
        const std::scoped_lock lock(mutex_);
        if (confirmed) {
          hand_on(effect, *confirmed);
        } else {
          sink_(unconfirmed_answer(effect, confirmed.error()));
        }
        --confirming_;
        all_confirmed_.notify_all();  // with the lock: afterwards this may be gone
      });
}

std::optional<std::size_t> Workers::rate_left(const ProviderName& provider) {
  const std::scoped_lock lock(mutex_);
  const auto found = pools_.find(provider);
  return found != pools_.end() ? found->second->rate_left(BootClock::now()) : std::nullopt;
}

bool Workers::hang(std::chrono::steady_clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  const auto hangs = [&](const std::unique_ptr<Pool>& pool) { return pool->hangs(now); };
  return std::any_of(pools_.begin(), pools_.end(), [&](const auto& entry) { return hangs(entry.second); }) ||
         std::any_of(replaced_.begin(), replaced_.end(), hangs);
}

bool Workers::wait_quiet(Millis limit) {
  const Mono until = BootClock::now() + limit;
  while (true) {
    {
      const std::scoped_lock lock(mutex_);
      const auto idle = [](const std::unique_ptr<Pool>& pool) { return pool->idle(); };
      const auto idle_entry = [&](const auto& entry) { return idle(entry.second); };
      if (confirming_ == 0 && std::all_of(pools_.begin(), pools_.end(), idle_entry) &&
          std::all_of(replaced_.begin(), replaced_.end(), idle)) {
        return true;
      }
    }
    if (BootClock::now() >= until) return false;
    std::this_thread::sleep_for(Millis{20});
  }
}

void Workers::stop() {
  std::unique_lock lock(mutex_);
  all_confirmed_.wait(lock, [this] { return confirming_ == 0; });
  pools_.clear();
  replaced_.clear();
}

}  // namespace keeper
