// Messages to targets that answer, hang or are gone.
#include "runtime/notifier.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "base/locked.h"
#include "net/fake_server.h"

#include "catch.h"

namespace keeper {
namespace {

using namespace std::chrono_literals;
using test::FakeServer;
using test::Received;
using test::Wire;

Post post_to(const std::string& target, std::uint64_t ticket) {
  Post post;
  post.message.id = "message-" + std::to_string(ticket);
  post.message.target = TargetName(target);
  post.ticket = ticket;
  return post;
}

TargetSettings target_at(const std::string& url) { return {Secret(url), Secret()}; }

// Gathers what comes back.
class Outcomes {
 public:
  std::function<void(Posted)> sink() {
    return [this](Posted posted) {
      list_.with([&](std::vector<Posted>& list) { list.push_back(std::move(posted)); });
    };
  }
  std::vector<Posted> wait_for(std::size_t count) {
    for (int i = 0; i < 1000 && all().size() < count; ++i) std::this_thread::sleep_for(10ms);
    return all();
  }
  std::vector<Posted> all() {
    return list_.with([](const std::vector<Posted>& list) { return list; });
  }

 private:
  Locked<std::vector<Posted>> list_;
};

TEST_CASE("a target is called as its URL is written") {
  const auto path = GENERATE(as<std::string>{}, "/hook/", "/hook", "/a//b/", "/%2F/?x=/", "/?token=a%20b");
  INFO(path);
  FakeServer server([](const Received&, Wire& wire) { wire.send(test::reply(200, "{}")); });
  Outcomes outcomes;
  Notifier notifier(InstanceId("i"), outcomes.sink());
  notifier.install({{TargetName("t"), target_at(server.url() + path)}});
  notifier.post({post_to("t", 1)});
  REQUIRE(outcomes.wait_for(1).size() == 1);
  CHECK(outcomes.all()[0].outcome.ok());
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].target == path);
}

TEST_CASE("a target that hangs delays no other, and each order is answered once and in turn") {
  std::atomic<bool> released{false};
  FakeServer hanging([&](const Received&, Wire& wire) {
    for (int i = 0; i < 2000 && !released; ++i) wire.pause(5ms);
    wire.send(test::reply(200, "{}"));
  });
  FakeServer good([](const Received&, Wire& wire) { wire.send(test::reply(200, "{}")); });
  Outcomes outcomes;
  Notifier notifier(InstanceId("i"), outcomes.sink());
  notifier.install(
      {{TargetName("hangs"), target_at(hanging.url())}, {TargetName("good"), target_at(good.url())}});
  notifier.post({post_to("hangs", 1), post_to("hangs", 2), post_to("good", 3), post_to("good", 4)});
  notifier.post({post_to("gone", 5)});
  const auto first = outcomes.wait_for(3);
  REQUIRE(first.size() == 3);
  for (const Posted& posted : first) CHECK(posted.ticket >= 3);
  CHECK_FALSE(notifier.idle());
  released = true;
  const auto all = outcomes.wait_for(5);
  REQUIRE(all.size() == 5);
  CHECK(all[3].ticket == 1);
  CHECK(all[4].ticket == 2);
  for (const Posted& posted : all) CHECK(posted.outcome.ok() == (posted.ticket != 5));
}

TEST_CASE("the end of the notifier waits for the call under way, and leaves what was not begun") {
  FakeServer slow([](const Received&, Wire& wire) {
    wire.pause(100ms);
    wire.send(test::reply(200, "{}"));
  });
  Outcomes outcomes;
  Notifier notifier(InstanceId("i"), outcomes.sink());
  notifier.install({{TargetName("t"), target_at(slow.url())}});
  notifier.post({post_to("t", 1), post_to("t", 2)});
  while (slow.requests().empty()) std::this_thread::sleep_for(1ms);
  notifier.stop();
  REQUIRE(outcomes.all().size() == 1);
  CHECK(outcomes.all()[0].outcome.ok());
  CHECK(slow.requests().size() == 1);
}

}  // namespace
}  // namespace keeper
