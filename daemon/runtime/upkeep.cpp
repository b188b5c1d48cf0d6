#include "runtime/upkeep.h"

namespace keeper {
namespace {

constexpr Millis prune_every = std::chrono::minutes{1};
constexpr Millis prune_again = Seconds{1};  // where more is left
constexpr int pruned_max = 50;              // 10 to 30 ms at ten million transitions
constexpr int pruned_for_size = 20;         // between two looks at the size
constexpr int size_steps_max = 3;

struct Removed {
  Pruned pruned;
  std::int64_t bytes = 0;
};

Result<Removed> prune(Store& store, const Retention& retention, Wall now) {
  const Result<Pruned> old = store.prune(now - retention.age, pruned_max);
  if (!old) return old.error();
  Result<std::int64_t> bytes = store.used_bytes();
  if (!bytes) return bytes.error();
  Pruned all = *old;
  for (int step = 0; step < size_steps_max && retention.bytes_max && *bytes > *retention.bytes_max; ++step) {
    const Result<Pruned> oldest = store.prune(now - retention.kept_always, pruned_for_size);
    if (!oldest) return oldest.error();
    bytes = store.used_bytes();
    if (!bytes) return bytes.error();
    all = {all.sessions + oldest->sessions, all.more || oldest->more};
    if (!oldest->more) break;
  }
  return Removed{all, *bytes};
}

}  // namespace

void Upkeep::renew(Rounds& rounds, Now now) {
  if (rounds.in_outage() || now.mono < renew_at_()) return;
  rounds.between<Done>([](Store& store) { return store.probe(); }, now);
}

void Upkeep::work(Rounds& rounds, Now now) {
  if (rounds.in_outage()) return;
  if (rounds.checkpoint_due()) {
    if (!rounds.between<Done>([](Store& store) { return store.checkpoint(); }, now)) return;
    rounds.checkpointed();
  }
  if (now.mono < prune_at_) return;
  const std::optional<Retention> retention =
      retention_.with([](const std::optional<Retention>& kept) { return kept; });
  if (!retention) return;
  const std::optional<Removed> removed = rounds.between<Removed>(
      [retention = *retention, wall = now.wall](Store& store) { return prune(store, retention, wall); }, now);
  if (!removed) return;
  prune_at_ = now.mono + (removed->pruned.more ? prune_again : prune_every);
  store_bytes_ = removed->bytes;
  if (removed->pruned.sessions > 0) pruned_(removed->pruned.sessions);
}

}  // namespace keeper
