// Handshakes: one step between two turns of everybody else, and those who did their part first.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.h"
#include "webhook/handshake_queue.h"

using keeper::HandshakeQueue;
namespace asio = boost::asio;

TEST_CASE("between two handshakes whoever else is ready has his turn") {
  asio::io_context io;
  HandshakeQueue queue(io);
  std::vector<std::string> order;
  // One who is always ready again, as a client on a kept connection may be.
  std::function<void()> other = [&] {
    order.push_back("other");
    if (order.size() < 8) asio::post(io, other);
  };
  for (const char* name : {"a", "b", "c"}) queue.push([&order, name] { order.push_back(name); }, false);
  CHECK(order.empty());
  asio::post(io, other);
  io.run();
  REQUIRE(order.size() >= 6);
  order.resize(6);
  CHECK(order == std::vector<std::string>{"a", "other", "b", "other", "c", "other"});
}

TEST_CASE("handshakes whose client did its part come before the others, each kind in the order of arrival") {
  asio::io_context io;
  HandshakeQueue queue(io);
  std::string order;
  const auto step = [&](char name) { return [&order, name] { order += name; }; };
  queue.push(step('a'), false);
  queue.push(step('b'), false);
  queue.push([&] {
    order += 'C';
    queue.push(step('E'), true);
  }, true);
  queue.push(step('D'), true);
  io.run();
  CHECK(order == "CDEab");
}

TEST_CASE("a handshake that throws ends no other") {
  asio::io_context io;
  HandshakeQueue queue(io);
  std::string order;
  queue.push([] { throw std::runtime_error("out of memory"); }, false);
  queue.push([&] { order += 'b'; }, false);
  CHECK_THROWS(io.run());
  io.run();
  CHECK(order == "b");
  queue.push([&] { order += 'c'; }, false);
  io.restart();
  io.run();
  CHECK(order == "bc");
}
