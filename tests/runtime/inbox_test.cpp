#include "runtime/inbox.h"

#include <chrono>
#include <thread>

#include "catch.h"

namespace keeper {
namespace {

bool is_tick(const Item& item) { return std::holds_alternative<Tick>(item.event); }

TEST_CASE("deliveries are refused over the bound, and answers never are") {
  Inbox inbox(2);
  CHECK(inbox.offer(Delivered{}, {}));
  CHECK(inbox.offer(Delivered{}, {}));
  CHECK_FALSE(inbox.offer(Delivered{}, {}));
  for (int i = 0; i < 100; ++i) inbox.post(Answer{});
  CHECK(inbox.size() == 102);
  CHECK(inbox.take(1).size() == 1);
  CHECK(inbox.offer(Delivered{}, {}));
  CHECK_FALSE(inbox.offer(Delivered{}, {}));
}

TEST_CASE("an item is withdrawn before it is taken or not at all") {
  Inbox inbox(8);
  const auto withdrawn = std::make_shared<Claim>();
  const auto taken = std::make_shared<Claim>();
  inbox.post(Tick{}, {}, withdrawn);
  inbox.post(ShutdownAsked{}, {}, taken);
  CHECK(withdrawn->withdraw());
  const auto items = inbox.take(8);
  REQUIRE(items.size() == 1);
  CHECK(std::holds_alternative<ShutdownAsked>(items.front().event));
  CHECK_FALSE(taken->withdraw());
  inbox.put_back({items.front()});
  CHECK(inbox.take(8).size() == 1);
}

TEST_CASE("a closed inbox takes answers alone") {
  Inbox inbox(8);
  inbox.accept_deliveries(false);
  CHECK_FALSE(inbox.offer(Delivered{}, {}));
  inbox.post(Answer{});
  CHECK(inbox.size() == 1);
  inbox.accept_deliveries(true);
  CHECK(inbox.offer(Delivered{}, {}));
}

TEST_CASE("what is put back comes first and in its order") {
  Inbox inbox(8);
  inbox.post(Tick{});
  std::vector<Item> items;
  items.push_back({ShutdownAsked{}, {}});
  items.push_back({Answer{}, {}});
  inbox.put_back(std::move(items));
  const std::vector<Item> taken = inbox.take(8);
  REQUIRE(taken.size() == 3);
  CHECK(std::holds_alternative<ShutdownAsked>(taken[0].event));
  CHECK(std::holds_alternative<Answer>(taken[1].event));
  CHECK(is_tick(taken[2]));
}

TEST_CASE("a batch is bounded, and the rest wakes the next wait at once") {
  Inbox inbox(8);
  for (int i = 0; i < 3; ++i) inbox.post(Tick{});
  inbox.wait(mono_never);
  CHECK(inbox.take(2).size() == 2);
  inbox.wait(mono_never);
  CHECK(inbox.take(2).size() == 1);
}

TEST_CASE("a wait ends at its time, and not before") {
  Inbox inbox(8);
  const Mono until = BootClock::now() + Millis{50};
  inbox.wait(until);
  CHECK(BootClock::now() >= until);
  CHECK(BootClock::now() < until + Seconds{5});
  inbox.wait(BootClock::now() - Seconds{1});
  inbox.wait(Mono{});
}

TEST_CASE("an item posted by another thread ends the wait") {
  Inbox inbox(8);
  std::thread other([&] {
    std::this_thread::sleep_for(Millis{30});
    inbox.post(Tick{});
  });
  inbox.wait(BootClock::now() + Seconds{60});
  other.join();
  CHECK(inbox.size() == 1);
}

TEST_CASE("wake() ends one wait, whether it came before or during it") {
  Inbox inbox(8);
  inbox.wake();
  inbox.wait(mono_never);
  const Mono until = BootClock::now() + Millis{20};
  inbox.wait(until);
  CHECK(BootClock::now() >= until);
}

}  // namespace
}  // namespace keeper
