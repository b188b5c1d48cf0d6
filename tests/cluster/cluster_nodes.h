// Three daemons, each on a machine of its own, with what they need: the database and its standby, the
// providers' sandbox, HAProxy before their webhook listeners as config/reverse-proxy/haproxy.cfg has it, and,
// if asked for, pgbouncer in transaction mode before the database. What a service manager does with a daemon
// that ends is done in live(), in which all time of a test passes. One thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/databases.h"
#include "cluster/network.h"
#include "e2e/programs.h"

namespace keeper::cluster {

using e2e::Child;
using e2e::Json;
using Millis = std::chrono::milliseconds;

struct NodesOptions {
  std::chrono::seconds lease{3};
  std::chrono::seconds pause_allowance{10};
  bool pooler = false;
  Databases::Standby standby = Databases::Standby::synchronous;
  std::string plans;
  std::map<std::string, std::string> programs;  // of a node, in place of the daemon that was built
  std::string preloaded;                        // a library that each daemon loads before all others
};

// A new one, which goes with the object unless KEEPER_KEEP_FOLDER is set.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class Nodes {
 public:
  explicit Nodes(const NodesOptions& options);

  static const std::vector<std::string>& names();

  void start(const std::string& node);
  void send(const std::string& node, int signal);
  // It stopped itself, so that it is not asked for anything.
  void note_that_stands(const std::string& node) { daemons_.at(node).stands = true; }
  bool is_running(const std::string& node);
  // TERM, and started again when it has ended.
  void restart(const std::string& node);

  // With this signal; it is not started again. Its exit code.
  int end(const std::string& node, int signal);

  // Time passes, and daemons that ended are started again: at once after exit 75, else after a second.
  void live(Millis time);
  template <class Condition>
  bool eventually(Millis most, Condition&& condition);

  // Which node says at /-/leader that it leads.
  std::optional<std::string> leader();
  std::optional<std::string> wait_for_leader(Millis most);
  // The node that does not lead and runs; any of them.
  std::string follower();

  std::optional<Json> get(const std::string& machine, int port, const std::string& path);
  std::optional<Json> sandbox(const std::string& path);
  bool tell_sandbox(const std::string& path, const Json& body);
  // The command with these words, against the node. Its exit code.
  int command(const std::string& node, const std::vector<std::string>& words, std::string* output);

  // Where deliveries are sent.
  std::string front() const { return network.address("front"); }
  // Exits that no service manager should see.
  const std::vector<std::string>& surprises() const { return surprises_; }

  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  const Folder folder_;

 public:
  Network network;
  Databases databases;

  static constexpr int status_port = 8470;
  static constexpr int webhook_port = 8471;

 private:
  struct Daemon {
    std::optional<Child> child;
    std::optional<std::chrono::steady_clock::time_point> restart_at;
    bool stands = false;
  };

  void write_configuration(const std::string& node);
  void start_front();
  void start_pooler();
  void supervise(const std::string& node);
  void run_program(const std::string& machine, const std::vector<std::string>& arguments);
  int status_of(const std::string& node, const std::string& path);

  const NodesOptions options_;
  std::map<std::string, Daemon> daemons_;
  std::vector<std::unique_ptr<Child>> programs_;
  std::vector<std::string> surprises_;
};

template <class Condition>
bool Nodes::eventually(Millis most, Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    live(Millis{20});
  }
  return true;
}

}  // namespace keeper::cluster
