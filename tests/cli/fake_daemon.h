// A status listener with canned answers, on a free port of loopback.
#pragma once

#include <httplib.h>

#include <filesystem>
#include <string>
#include <thread>

namespace keeper {

class FakeDaemon {
 public:
  FakeDaemon();
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string token_file(const std::string& token) const;

  std::string status;         // what /api/v1/status answers
  std::string last_event_id;  // what the last stream was asked for

 private:
  void serve_lists();
  void serve_actions();

  std::filesystem::path directory_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace keeper
