#include "runtime/call_rate.h"

#include "catch.h"

namespace keeper {
namespace {

constexpr Mono begin{Seconds{1000}};

TEST_CASE("without a limit every call may leave at once") {
  const CallRate rate(std::nullopt);
  CHECK(rate.nth(1, begin) == begin);
  CHECK(rate.nth(1'000'000, begin) == begin);
}

TEST_CASE("the whole window's calls may leave at once, the next when the first is a window old") {
  CallRate rate(RateLimit{3, Seconds{60}});
  for (int i = 0; i < 3; ++i) {
    CHECK(rate.nth(1, begin + Seconds{i}) == begin + Seconds{i});
    rate.spend(1, begin + Seconds{i});
  }
  CHECK(rate.nth(1, begin + Seconds{10}) == begin + Seconds{60});
  CHECK(rate.nth(2, begin + Seconds{10}) == begin + Seconds{61});
  CHECK(rate.nth(4, begin + Seconds{10}) == begin + Seconds{120});
  CHECK(rate.nth(1, begin + Seconds{70}) == begin + Seconds{70});
}

TEST_CASE("no stretch of a window ever holds more calls than allowed") {
  CallRate rate(RateLimit{5, Seconds{10}});
  std::vector<Mono> left;
  Mono now = begin;
  for (int i = 0; i < 100; ++i) {
    now = std::max(now + Millis{(i * 7919) % 900}, rate.nth(1, now));
    rate.spend(1, now);
    left.push_back(now);
  }
  for (std::size_t i = 5; i < left.size(); ++i) CHECK(left[i] - left[i - 5] >= Seconds{10});
}

TEST_CASE("a burst that is planned ahead uses what is left first") {
  CallRate rate(RateLimit{3, Seconds{60}});
  rate.spend(1, begin);
  CHECK(rate.nth(1, begin) == begin);
  CHECK(rate.nth(2, begin) == begin);
  CHECK(rate.nth(3, begin) == begin + Seconds{60});
}

}  // namespace
}  // namespace keeper
