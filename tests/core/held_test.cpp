// Held deliveries: in the order of arrival, found by their remote, whatever is taken out and put back.
#include <map>
#include <random>

#include "catch.h"
#include "core/held.h"

using namespace keeper;

namespace {

RemoteKey remote(int n) { return {ProviderName{"agents"}, RemoteId{"r" + std::to_string(n)}}; }

Held held(int n, int until) { return {ProviderName{"agents"}, remote_hash(remote(n)), Mono{Millis{until}}}; }

}  // namespace

TEST_CASE("of a remote's deliveries each is found, in the order of arrival") {
  HeldDeliveries all;
  for (int id = 1; id <= 6; ++id) all.put(id, held(id % 2, id));
  CHECK(all.of(remote(1)) == std::vector<std::int64_t>{1, 3, 5});
  CHECK(all.of(remote(0)) == std::vector<std::int64_t>{2, 4, 6});
  CHECK(all.of(remote(7)).empty());
  CHECK(all.of({ProviderName{"other"}, remote(1).second}).empty());
  all.remove(3);
  all.remove(3);
  CHECK(all.of(remote(1)) == std::vector<std::int64_t>{1, 5});
  all.put(3, held(1, 9));
  CHECK(all.of(remote(1)) == std::vector<std::int64_t>{1, 3, 5});
  CHECK(all.find(3)->until == Mono{Millis{9}});
  all.put(3, held(0, 10));
  CHECK(all.of(remote(1)) == std::vector<std::int64_t>{1, 5});
  CHECK(all.of(remote(0)) == std::vector<std::int64_t>{2, 3, 4, 6});
  CHECK(all.size() == 6);
}

TEST_CASE("held deliveries are as a plain map of them, through thousands of changes") {
  std::mt19937 random(7);
  std::map<std::int64_t, Held> plain;
  HeldDeliveries all;
  std::int64_t newest = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto any = static_cast<std::int64_t>(random() % 200) + std::max<std::int64_t>(newest - 150, 0);
    if (random() % 3 == 0) {
      plain.erase(any);
      all.remove(any);
    } else {
      const std::int64_t id = random() % 4 == 0 ? any : ++newest;
      newest = std::max(newest, id);
      const Held one = held(static_cast<int>(random() % 20), step);
      plain[id] = one;
      all.put(id, one);
    }
    if (step % 100 != 0) continue;
    REQUIRE(std::equal(all.begin(), all.end(), plain.begin(), plain.end(), [](const auto& a, const auto& b) {
      return a.first == b.first && a.second == b.second;
    }));
    for (int n = 0; n < 20; ++n) {
      std::vector<std::int64_t> ids;
      const std::uint64_t hash = remote_hash(remote(n));
      for (const auto& [id, one] : plain) {
        if (one.remote == hash) ids.push_back(id);
      }
      REQUIRE(all.of(remote(n)) == ids);
    }
  }
}
