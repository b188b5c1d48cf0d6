// Servers on loopback ports that hang, each in another way, and one that answers. One thread serves them all.
// For tests only.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace keeper::test {

enum class Way : std::size_t {
  silent,         // takes the request
  drips_head,     // a byte at a tick
  drips_body,     // likewise, of a body of a known length
  endless_body,   // a chunk at a tick
  endless_hints,  // a 103 at a tick
  half_closed,    // reads nothing any more
  no_handshake,   // silent where TLS is expected
  black_hole,     // does not even take the connection
  answers,
};
constexpr std::size_t ways = 9;

class HangingServer {
 public:
  HangingServer();
  ~HangingServer();
  HangingServer(const HangingServer&) = delete;
  HangingServer& operator=(const HangingServer&) = delete;

  std::string url(Way way) const;

 private:
  struct Peer {
    Way way = Way::silent;
    std::string received;
    bool asked = false;
  };

  void serve();
  void accept_from(int listener, Way way);
  bool read_from(int socket, Peer& peer);
  void tick();
  void watch(int socket) const;

  std::array<int, ways> listeners_{};
  std::array<int, ways> ports_{};
  std::vector<int> queued_;  // fill the black hole
  int epoll_ = -1;
  std::map<int, Peer> peers_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace keeper::test
