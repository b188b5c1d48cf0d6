// The real programs as child processes in a temporary directory: the sandbox, and a daemon that may be killed
// and started again over the same store. Everything that was started is ended with the object.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace keeper::e2e {

using Json = nlohmann::json;

class Child {
 public:
  // `log`: where its output goes. `inherited`: a listening socket that it gets as a service manager would
  // pass it, named "webhook"; -1: none.
  Child(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment,
        const std::filesystem::path& log, int inherited = -1);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void send(int signal);
  // Its exit code, or minus the signal that ended it; empty if it still runs after that time.
  std::optional<int> wait(std::chrono::milliseconds most);
  bool running();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

int free_port();
std::optional<Json> get_json(int port, const std::string& path);
std::optional<Json> post_json(int port, const std::string& path, const Json& body);
std::string read_file(const std::filesystem::path& path);

// A plan at VideoSDK that should always be alive, and nothing is left of it when the daemon ends.
inline constexpr const char* desk_plan = R"(  desk:
    provider: agents
    schedule: {always: true}
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: stop
    keep_alive: true
)";

// A plan whose window does not come while a test lasts, so that nothing but deliveries happens.
inline constexpr const char* idle_plan = R"(  desk:
    provider: agents
    schedule: {start: "0 0 29 2 *", duration: 1h}
    session: {deployment_id: d}
)";

// A browser that should always be alive, and is kept so against an idle timeout of a minute.
inline constexpr const char* watch_plan = R"(  watch:
    provider: browsers
    schedule: {always: true}
    session: {idle_timeout: 1m, max_duration: 30m}
    on_shutdown: stop
    keep_alive: {heartbeat: 1s}
)";

class Stage {
 public:
  // `plans`: the YAML below `plans:`, indented by two.
  explicit Stage(const std::string& plans);
  ~Stage();

  void start_daemon();
  void kill_daemon();
  // TERM; the exit code, or empty if it does not end in time.
  std::optional<int> end_daemon(std::chrono::milliseconds most = std::chrono::seconds{60});
  void write_plans(const std::string& plans);
  bool ready();

  Json remotes(const std::string& path = "/remotes");
  // The longest time for which a remote had no heartbeat, by the sandbox's log, from its first to now.
  std::chrono::milliseconds longest_without_heartbeat();
  // All pages.
  Json sessions();
  Json status() { return get_json(status_port, "/api/v1/status").value_or(Json{}); }
  int active() { return status().value(Json::json_pointer("/sessions/active"), 0); }
  int run_cli(const std::vector<std::string>& arguments, std::string* output);

  // A library that the next daemon loads before all others, beside those that were named before.
  void preload(const std::string& library);

  // Written into each provider from the next write_plans() on: YAML, indented by four.
  std::string provider_lines;
  std::string agents_lines;    // likewise, into the VideoSDK provider alone
  std::string webhook_lines;   // likewise, into `webhook:`, indented by two
  std::string more_providers;  // likewise, below `providers:`, indented by two

  std::filesystem::path store;                   // from the next write_plans() on; default: in `directory`
  std::map<std::string, std::string> variables;  // more of the daemon's environment
  int inherited = -1;                            // its webhook socket, see Child
  std::string program = KEEPER_PROGRAM;          // what start_daemon() runs
  std::string cli_program = KEEPER_PROGRAM;      // what run_cli() runs

  const std::filesystem::path directory;
  const int api_port, control_port, status_port, webhook_port;
  std::optional<Child> daemon;

 private:
  std::map<std::string, std::string> environment() const;

  std::optional<Child> sandbox_;
  int runs_ = 0;
};

void sleep_for(std::chrono::milliseconds time);

// Calls until it is true; false if it was not within that time.
template <class Condition>
bool eventually(std::chrono::milliseconds most, Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    sleep_for(std::chrono::milliseconds{50});
  }
  return true;
}

}  // namespace keeper::e2e
