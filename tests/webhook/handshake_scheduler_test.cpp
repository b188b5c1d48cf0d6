// TLS handshakes: one step at a time between other work, and those that have begun first.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.h"
#include "webhook/handshake_scheduler.h"

using keeper::HandshakeScheduler;
namespace asio = boost::asio;

TEST_CASE("other work that is ready runs between two handshake steps") {
  asio::io_context io;
  HandshakeScheduler scheduler(io);
  std::vector<std::string> order;
  // Work that is always ready again, as a client that sends request after request.
  std::function<void()> other = [&] {
    order.push_back("other");
    if (order.size() < 8) asio::post(io, other);
  };
  for (const char* name : {"a", "b", "c"})
    scheduler.schedule([&order, name] { order.push_back(name); }, false);
  CHECK(order.empty());
  asio::post(io, other);
  io.run();
  REQUIRE(order.size() >= 6);
  order.resize(6);
  CHECK(order == std::vector<std::string>{"a", "other", "b", "other", "c", "other"});
}

TEST_CASE("handshakes that have begun go before new ones, each kind in the order of arrival") {
  asio::io_context io;
  HandshakeScheduler scheduler(io);
  std::string order;
  const auto step = [&](char name) { return [&order, name] { order += name; }; };
  scheduler.schedule(step('a'), false);
  scheduler.schedule(step('b'), false);
  scheduler.schedule(
      [&] {
        order += 'C';
        scheduler.schedule(step('E'), true);
      },
      true);
  scheduler.schedule(step('D'), true);
  io.run();
  CHECK(order == "CDEab");
}

TEST_CASE("a handshake step that throws ends no other") {
  asio::io_context io;
  HandshakeScheduler scheduler(io);
  std::string order;
  scheduler.schedule([] { throw std::runtime_error("out of memory"); }, false);
  scheduler.schedule([&] { order += 'b'; }, false);
  CHECK_THROWS(io.run());
  io.run();
  CHECK(order == "b");
  scheduler.schedule([&] { order += 'c'; }, false);
  io.restart();
  io.run();
  CHECK(order == "bc");
}
