#include "core/held.h"

#include <algorithm>

#include "base/hash.h"

namespace keeper {
namespace {

bool is_before(const HeldDeliveries::Entry& entry, std::int64_t id) { return entry.first < id; }

}  // namespace

std::uint64_t remote_hash(const RemoteKey& remote) {
  return stable_hash(remote.second.str(), stable_hash(remote.first.str()));
}

void HeldDeliveries::put(std::int64_t id, const Held& held) {
  if (entries_.empty() || entries_.back().first < id) {
    entries_.emplace_back(id, held);
  } else {
    remove(id);
    entries_.insert(std::lower_bound(entries_.begin(), entries_.end(), id, is_before), {id, held});
  }
  by_remote_.emplace(held.remote, id);
}

void HeldDeliveries::remove(std::int64_t id) {
  const auto entry = std::lower_bound(entries_.begin(), entries_.end(), id, is_before);
  if (entry == entries_.end() || entry->first != id) return;
  const auto [first, last] = by_remote_.equal_range(entry->second.remote);
  by_remote_.erase(std::find_if(first, last, [&](const auto& one) { return one.second == id; }));
  entries_.erase(entry);
}

const Held* HeldDeliveries::find(std::int64_t id) const {
  if (entries_.empty() || entries_.back().first < id) return nullptr;  // a new one, as most are
  const auto entry = std::lower_bound(entries_.begin(), entries_.end(), id, is_before);
  return entry == entries_.end() || entry->first != id ? nullptr : &entry->second;
}

std::vector<std::int64_t> HeldDeliveries::of(const RemoteKey& remote) const {
  std::vector<std::int64_t> ids;
  const auto [first, last] = by_remote_.equal_range(remote_hash(remote));
  for (auto one = first; one != last; ++one) ids.push_back(one->second);
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace keeper
