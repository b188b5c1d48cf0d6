// The monitor is called while all is well, and hears nothing else.
#include "runtime/dead_mans_switch.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "net/fake_server.h"

#include "catch.h"

namespace keeper {
namespace {

using namespace std::chrono_literals;
using test::FakeServer;
using test::Received;
using test::Wire;

TEST_CASE("the dead man's switch calls its monitor while all is well, and is silent while it is not") {
  std::atomic<int> calls = 0;
  FakeServer monitor([&](const Received&, Wire& wire) {
    ++calls;
    wire.send(test::reply(200, "{}"));
  });
  std::atomic<bool> well = true;
  Locked<std::optional<MonitorFacts>> facts;
  DeadMansSwitch one(
      {Secret(monitor.url() + "/alive"), Millis{100}}, [&] { return well.load(); }, facts);
  const auto hears = [&](int more) {
    const int until = calls + more;
    for (int i = 0; i < 1000 && calls < until; ++i) std::this_thread::sleep_for(10ms);
    return calls >= until;
  };
  CHECK(hears(3));
  well = false;
  std::this_thread::sleep_for(200ms);  // for the call under way
  const int before = calls;
  std::this_thread::sleep_for(500ms);
  CHECK(calls == before);
  well = true;
  CHECK(hears(2));
}

TEST_CASE("a session is overdue some time after its deadline, unless it is being ended") {
  const Wall now{std::chrono::hours{490'000}};
  View view;
  view.sessions.emplace_back();
  SessionView& session = view.sessions.back();
  session.row.id = SessionId{"s"};
  session.row.state = State::active;
  CHECK_FALSE(overdue_session(view, now));
  session.overdue_at = now;
  CHECK_FALSE(overdue_session(view, now));
  session.overdue_at = now - std::chrono::minutes{1};
  CHECK(overdue_session(view, now) == session.row.id);
  session.row.ending = Ending{};
  CHECK_FALSE(overdue_session(view, now));
}

}  // namespace
}  // namespace keeper
