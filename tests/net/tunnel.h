// A proxy on a loopback port that takes CONNECT and passes bytes on to one server, whatever host it is asked
// for. One connection after the other. For tests only.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/locked.h"

namespace keeper::test {

class Tunnel {
 public:
  // `refusal`: what it answers instead of passing on; empty: it passes on.
  explicit Tunnel(int to_port, std::string refusal = "");
  ~Tunnel();
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  int port() const { return port_; }
  std::vector<std::string> heads();  // of the requests, as they came

 private:
  void accept_all();
  void serve(int client);

  const int to_port_;
  const std::string refusal_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  Locked<std::vector<std::string>> heads_;
  std::thread thread_;
};

}  // namespace keeper::test
