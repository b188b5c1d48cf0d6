// The held deliveries: webhook messages whose session is not known yet, by the number that the store gives
// each. Sessions that others began may send very many of them. The memory therefore keeps of each only its
// provider, a hash of its remote and when it expires; the message itself is a row in the store. Entries are
// ordered by number, which is the order of arrival, so that the first one expires first. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace keeper {

using RemoteKey = std::pair<ProviderName, RemoteId>;

std::uint64_t remote_hash(const RemoteKey& remote);

struct Held {
  ProviderName provider;
  std::uint64_t remote = 0;  // remote_hash()
  Mono until{};              // when it is listed as unmatched
  bool operator==(const Held&) const = default;
};

class HeldDeliveries {
 public:
  using Entry = std::pair<std::int64_t, Held>;

  void put(std::int64_t id, const Held& held);
  void remove(std::int64_t id);
  const Held* find(std::int64_t id) const;  // null: it is not held

  // Those for this remote, in the order of arrival. Another remote of the same hash may be among them: the
  // caller compares the rows.
  std::vector<std::int64_t> of(const RemoteKey& remote) const;

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  const Entry& oldest() const { return entries_.front(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::deque<Entry> entries_;  // by id, which is the order of arrival
  std::unordered_multimap<std::uint64_t, std::int64_t> by_remote_;
};

}  // namespace keeper
