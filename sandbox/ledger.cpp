#include "sandbox/ledger.h"

namespace sandbox {

Remote& Ledger::add(Remote remote) {
  remote.index = remotes_.size();
  by_id_[remote.id] = remote.index;
  live_.insert(remote.index);
  return remotes_.emplace_back(std::move(remote));
}

Remote* Ledger::find(const std::string& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &remotes_[found->second];
}

void Ledger::set_due(Remote& remote, std::optional<Time> due) {
  if (remote.due) due_.erase({*remote.due, remote.index});
  remote.due = due;
  if (due) due_.insert({*due, remote.index});
}

void Ledger::end(Remote& remote, std::string state, std::string reason, Time when) {
  if (remote.ended_at) return;
  remote.state = std::move(state);
  remote.end_reason = std::move(reason);
  remote.ended_at = when;
  live_.erase(remote.index);
  set_due(remote, std::nullopt);
}

std::optional<std::pair<Remote*, Time>> Ledger::take_due(Time now) {
  if (due_.empty() || due_.begin()->first >= now) return std::nullopt;
  const auto [when, index] = *due_.begin();
  Remote& remote = remotes_[index];
  set_due(remote, std::nullopt);
  return std::pair{&remote, when};
}

std::optional<Time> Ledger::earliest_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

}  // namespace sandbox
