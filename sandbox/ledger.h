// Every remote ever created, and when each next changes by itself.
// One thread at a time (the model's lock). Forgets nothing; references stay valid.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "sandbox/remote.h"

namespace sandbox {

class Ledger {
 public:
  Remote& add(Remote remote);
  Remote* find(const std::string& id);
  Remote& at(std::size_t index) { return remotes_[index]; }
  void set_due(Remote& remote, std::optional<Time> due);
  // A remote that ended stays ended: the first end counts.
  void end(Remote& remote, std::string state, std::string reason, Time when);
  // The earliest remote whose time has passed, with that time; its due time is then cleared.
  std::optional<std::pair<Remote*, Time>> take_due(Time now);
  std::optional<Time> earliest_due() const;

  const std::deque<Remote>& all() const { return remotes_; }
  // Indices of those not ended, oldest first.
  const std::set<std::size_t>& live() const { return live_; }

 private:
  std::deque<Remote> remotes_;
  std::unordered_map<std::string, std::size_t> by_id_;
  std::set<std::size_t> live_;
  std::set<std::pair<Time, std::size_t>> due_;
};

}  // namespace sandbox
