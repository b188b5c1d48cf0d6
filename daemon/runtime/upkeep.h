// Upkeep: the work on the store that belongs to no round. It moves the write-ahead log into the main file,
// renews the lease of a store that several nodes share, and removes ended sessions by retention. It does a
// little at a time between two rounds, so that no turn of the loop is long.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/locked.h"
#include "runtime/rounds.h"
#include "settings/settings.h"

namespace keeper {

class Upkeep {
 public:
  // `pruned` is called on the loop's thread when retention removed sessions. `renew_at`: when the store must
  // be written at the latest.
  Upkeep(std::function<void(int sessions)> pruned, std::function<Mono()> renew_at)
      : pruned_(std::move(pruned)), renew_at_(std::move(renew_at)) {}

  // Both do what is due, if the rounds are not in an outage; one begins where the store fails. Loop thread.
  // Renews the lease: before a round, which may take its time.
  void renew(Rounds& rounds, Now now);
  void work(Rounds& rounds, Now now);

  // Any thread.
  void set_retention(const Retention& retention) {
    retention_.with([&](std::optional<Retention>& kept) { kept = retention; });
  }

  // Of the store, as of the last time that retention was looked at.
  std::int64_t store_bytes() const { return store_bytes_; }

 private:
  const std::function<void(int)> pruned_;
  const std::function<Mono()> renew_at_;
  Locked<std::optional<Retention>> retention_;  // empty: not set yet, so that nothing is removed
  Mono prune_at_{};
  std::int64_t store_bytes_ = 0;
};

}  // namespace keeper
