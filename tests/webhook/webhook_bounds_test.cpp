#include <dirent.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "webhook/raw_client.h"
#include "webhook/webhook_stage.h"

using namespace keeper;
using namespace keeper::test;

namespace {

using Clock = std::chrono::steady_clock;

int threads_now() {
  int count = 0;
  DIR* tasks = ::opendir("/proc/self/task");
  REQUIRE(tasks != nullptr);
  while (const dirent* entry = ::readdir(tasks)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(tasks);
  return count;
}

WebhookLimits quick() {
  WebhookLimits limits;
  limits.request = Millis{300};
  limits.idle = Millis{600};
  limits.drain = Millis{200};
  return limits;
}

}  // namespace

TEST_CASE("a request that drips is answered with 408 and closed at its total deadline") {
  WebhookStage stage(quick());
  const std::string request = stage.post(std::string(1000, 'x'));
  const std::size_t head_end = request.find("\r\n\r\n") + 4;
  for (const std::size_t begin : {std::size_t{10}, head_end}) {
    RawClient client(stage.port());
    const auto began = Clock::now();
    client.send(request.substr(0, begin));
    std::jthread dripper([&](const std::stop_token& stop) {
      for (std::size_t i = begin; i < request.size() && !stop.stop_requested(); ++i) {
        if (!client.send(request.substr(i, 1))) return;
        std::this_thread::sleep_for(Millis{20});
      }
    });
    const auto answer = client.answer(Seconds{5});
    dripper.request_stop();
    REQUIRE(answer);
    CHECK(answer->status == 408);
    CHECK(client.closes(Seconds{5}));
    CHECK(Clock::now() - began < Seconds{2});
  }
  CHECK(stage.verifications == 0);
  CHECK(stage.listener->facts().count(WebhookCounter::timed_out) == 2);
}

TEST_CASE("a connection that says nothing is closed at the request's deadline") {
  WebhookStage stage(quick());
  RawClient client(stage.port());
  const auto began = Clock::now();
  CHECK(client.closes(Seconds{5}));
  CHECK(Clock::now() - began < Seconds{2});
}

TEST_CASE("between requests a client that delivered may stay for the idle limit") {
  WebhookStage stage(quick());
  RawClient client(stage.port());
  client.send(stage.post("{}"));
  CHECK(client.answer()->status == 200);
  std::this_thread::sleep_for(Millis{400});
  client.send(stage.post("{}"));
  CHECK(client.answer()->status == 200);
  const auto began = Clock::now();
  CHECK(client.closes(Seconds{5}));
  CHECK(Clock::now() - began > Millis{500});
}

TEST_CASE("at the connection limit the one that waited longest without a request is evicted") {
  WebhookLimits limits;
  limits.connections_max = 4;
  WebhookStage stage(limits);
  std::vector<RawClient> idle;
  for (int i = 0; i < 4; ++i) {
    idle.emplace_back(stage.port());
    REQUIRE(eventually([&] { return stage.listener->facts().connections == i + 1; }));
  }
  idle[0].send(stage.post("{}"));
  CHECK(idle[0].answer()->status == 200);
  RawClient newcomer(stage.port());
  newcomer.send(stage.post("{}"));
  CHECK(newcomer.answer()->status == 200);
  CHECK(idle[1].closes(Seconds{5}));
  CHECK(stage.listener->facts().count(WebhookCounter::evicted) == 1);
  idle[0].send(stage.post("{}"));
  CHECK(idle[0].answer()->status == 200);
}

TEST_CASE("an authenticated connection stays, however many others come") {
  WebhookLimits limits;
  limits.connections_max = 4;
  WebhookStage stage(limits);
  RawClient good(stage.port());
  good.send(stage.post("{}"));
  CHECK(good.answer()->status == 200);
  std::vector<RawClient> idle;
  for (int i = 0; i < 20; ++i) idle.emplace_back(stage.port());
  REQUIRE(eventually([&] { return stage.listener->facts().count(WebhookCounter::evicted) == 17; }));
  good.send(stage.post("{}"));
  CHECK(good.answer()->status == 200);
  CHECK(idle.front().closes(Seconds{5}));
}

TEST_CASE("a connection that is processing is never evicted; a new one waits") {
  WebhookLimits limits;
  limits.connections_max = 2;
  WebhookStage stage(limits);
  stage.holds = true;
  RawClient first(stage.port());
  RawClient second(stage.port());
  first.send(stage.post("1"));
  second.send(stage.post("2"));
  REQUIRE(eventually([&] { return stage.kept_count() == 2; }));
  RawClient third(stage.port());
  third.send(stage.post("3"));
  std::this_thread::sleep_for(Millis{50});
  stage.release_kept(Ack::recorded);
  CHECK(first.answer()->status == 200);
  CHECK(second.answer()->status == 200);
  CHECK(third.answer()->status == 200);
}

TEST_CASE("a thousand deliveries that wait for their commit hold no thread") {
  WebhookStage stage;
  stage.holds = true;
  const int before = threads_now();
  std::vector<RawClient> clients;
  constexpr int many = 300;
  for (int i = 0; i < many; ++i) {
    clients.emplace_back(stage.port());
    clients.back().send(stage.post("{}"));
  }
  REQUIRE(eventually([&] { return stage.kept_count() == many; }));
  CHECK(threads_now() == before);
  stage.release_kept(Ack::held);
  for (RawClient& client : clients) {
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == 200);
  }
}

TEST_CASE("a verification that blocks for a key does not delay other deliveries") {
  WebhookStage stage;
  RawClient slow(stage.port());
  slow.send(stage.post("{}", "videosdk-signature: slow\r\n"));
  REQUIRE(eventually([&] { return stage.verifications == 1; }));
  CHECK(ask(stage.port(), stage.post("{}"))->status == 200);
  stage.release_verification = true;
  CHECK(slow.answer()->status == 200);
}

TEST_CASE("authenticated connections and others take turns at being verified") {
  const bool one_is_unauthenticated = GENERATE(false, true);
  CAPTURE(one_is_unauthenticated);
  WebhookLimits limits;
  limits.verification_threads = 1;
  WebhookStage stage(limits);
  const auto client = [&](bool authenticated) {
    auto made = std::make_unique<RawClient>(stage.port());
    if (authenticated) {
      made->send(stage.post("before"));
      REQUIRE(made->answer()->status == 200);
    }
    return made;
  };
  std::vector<std::unique_ptr<RawClient>> many;
  for (int i = 0; i < 6; ++i) many.push_back(client(one_is_unauthenticated));
  const auto one = client(!one_is_unauthenticated);
  const auto slow = client(false);
  stage.bodies.with([](auto& all) { all.clear(); });
  const std::uint64_t before = stage.listener->facts().count(WebhookCounter::received);
  slow->send(stage.post("slow", "videosdk-signature: slow\r\n"));
  const auto received = [&](std::uint64_t count) {
    return eventually(
        [&] { return stage.listener->facts().count(WebhookCounter::received) == before + count; });
  };
  REQUIRE(received(1));
  for (const auto& other : many) other->send(stage.post("many"));
  REQUIRE(received(7));
  one->send(stage.post("one"));
  REQUIRE(received(8));
  stage.release_verification = true;
  CHECK(one->answer()->status == 200);
  for (const auto& other : many) CHECK(other->answer()->status == 200);
  const auto bodies = stage.bodies.with([](const auto& all) { return all; });
  // A delivery is counted a moment before it is queued, so that one more of the many may go first.
  REQUIRE(bodies.size() == 8);
  CHECK(std::find(bodies.begin(), bodies.begin() + 4, "one") != bodies.begin() + 4);
}

TEST_CASE("a delivery whose commit never comes is answered with 503, and its late outcome harms nobody") {
  WebhookLimits limits;
  limits.answer = Millis{200};
  WebhookStage stage(limits);
  stage.holds = true;
  RawClient client(stage.port());
  client.send(stage.post("{}"));
  const auto answer = client.answer(Seconds{5});
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(client.closes(Seconds{5}));
  stage.release_kept(Ack::recorded);
  CHECK(ask(stage.port(), stage.post("{}"))->status == 200);
}

TEST_CASE("many half-sent bodies are bounded in memory, oldest out first") {
  WebhookLimits limits;
  limits.buffer_bytes_max = 256U * 1024U;
  WebhookStage stage(limits);
  std::vector<RawClient> clients;
  const std::string most = stage.post(std::string(60'000, 'x')).substr(0, 50'000);
  for (int i = 0; i < 12; ++i) {
    clients.emplace_back(stage.port());
    clients.back().send(most);
  }
  CHECK(eventually([&] { return stage.listener->facts().count(WebhookCounter::evicted) >= 6; }));
  CHECK(ask(stage.port(), stage.post("{}"))->status == 200);
}

TEST_CASE("a stop answers what is at work and closes what is idle") {
  WebhookStage stage;
  stage.holds = true;
  RawClient idle(stage.port());
  RawClient busy(stage.port());
  busy.send(stage.post("{}"));
  REQUIRE(eventually([&] { return stage.kept_count() == 1; }));
  std::jthread stopper([&] { stage.listener->stop(Seconds{10}); });
  CHECK(idle.closes(Seconds{5}));
  stage.release_kept(Ack::recorded);
  const auto answer = busy.answer(Seconds{5});
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->headers.at("connection") == "close");
}

TEST_CASE("a stop is bounded by its grace, and outcomes that come after it are dropped") {
  WebhookStage stage;
  stage.holds = true;
  RawClient busy(stage.port());
  busy.send(stage.post("{}"));
  REQUIRE(eventually([&] { return stage.kept_count() == 1; }));
  const auto began = Clock::now();
  stage.listener->stop(Millis{100});
  CHECK(Clock::now() - began < Seconds{3});
  CHECK_FALSE(stage.listener->facts().listening);
  stage.listener.reset();
  stage.release_kept(Ack::recorded);
  CHECK(busy.closes(Seconds{1}));
}

TEST_CASE("one address takes no more than its share of the connections, and the newest is served") {
  WebhookLimits limits;
  limits.connections_per_address_max = 4;
  limits.exempts_loopback = false;
  SECTION("counted") {
    WebhookStage stage(limits);
    std::vector<std::unique_ptr<RawClient>> idle;
    for (int i = 0; i < 10; ++i) {
      idle.push_back(std::make_unique<RawClient>(stage.port()));
      idle.back()->send("POST");
    }
    REQUIRE(eventually([&] { return stage.listener->facts().count(WebhookCounter::evicted) == 6; }));
    CHECK(idle.front()->closes(Seconds{5}));
    RawClient good(stage.port());
    good.send(stage.post("{}", "videosdk-signature: good\r\n"));
    const auto answer = good.answer(Seconds{5});
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(stage.listener->facts().connections <= 4);
  }
  SECTION("authenticated") {
    limits.exempt_addresses = {"127.0.0.1"};
    // On [::] the same client comes from ::ffff:127.0.0.1.
    const std::string host = GENERATE("127.0.0.1", "::");
    WebhookStage stage(limits, {}, host);
    std::vector<std::unique_ptr<RawClient>> idle;
    for (int i = 0; i < 10; ++i) {
      idle.push_back(std::make_unique<RawClient>(stage.port()));
      idle.back()->send("POST");
    }
    REQUIRE(eventually([&] { return stage.listener->facts().connections == 10; }));
    CHECK(stage.listener->facts().count(WebhookCounter::evicted) == 0);
  }
}
