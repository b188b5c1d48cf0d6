// A start whose answer is lost after the provider made the session: found and adopted, with other faults
// around it and at any moment of the keeper's life.
#include <random>

#include "adapters/keeping.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t seeds = 40;
#else
constexpr std::uint64_t seeds = 200;
#endif

// What else goes wrong, by the seed: the calls by which the start is looked up.
void trouble(Playground& playground, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  static const std::vector<Json> others{{{"reset_before_effect", 0.3}},
                                        {{"status", 503}, {"probability", 0.3}},
                                        {{"status", 429}, {"retry_after", 3}, {"probability", 0.3}},
                                        {{"status", 502}, {"probability", 0.3}},
                                        {{"status", 529}, {"probability", 0.2}}};
  Json rule = others[random() % others.size()];
  rule["times"] = 1 + random() % 6;
  rule["seed"] = seed;
  for (const char* operation : {"read", "list"}) {
    rule["operation"] = operation;
    if (random() % 4 != 0) playground.fault(rule);
  }
  playground.fault(
      {{"operation", "start"}, {"reset_after_effect", 1.0}, {"times", 1 + random() % 2}, {"seed", seed}});
}

}  // namespace

TEST_CASE("a start whose answer is lost is found and adopted, at every provider that can be asked") {
  const Adapter adapter = GENERATE(from_range(adapters()));
  if (!adapter.finds) return;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    INFO(adapter.name << ", seed " << seed);
    Keeping keeping(adapter);
    trouble(keeping.playground(), seed);
    keeping.run(Seconds{5 + static_cast<int>(seed % 20)});
    if (seed % 3 == 0) keeping.crash();
    keeping.run(std::chrono::minutes{8});
    keeping.playground().heal();
    keeping.run(std::chrono::minutes{12});
    CHECK(keeping.story().found >= 1);
    CHECK(keeping.is_active());
    CHECK(keeping.live() == 1);
    CHECK(keeping.unknown() == 0);
  }
}

TEST_CASE("where nothing can be looked up, a lost start is waited out before the next") {
  const Adapter legacy = adapters().at(1);
  REQUIRE_FALSE(legacy.finds);
  Keeping keeping(legacy);
  keeping.playground().fault({{"operation", "start"}, {"reset_after_effect", 1.0}, {"times", 1}});
  keeping.run(std::chrono::minutes{20});
  REQUIRE(keeping.story().starts.size() == 2);
  CHECK(keeping.story().starts[1] - keeping.story().starts[0] >= std::chrono::minutes{5});
  CHECK(keeping.is_active());
  CHECK(keeping.live() == 1);
}
