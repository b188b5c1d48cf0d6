#include "e2e/programs.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <httplib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/time.h"

namespace keeper::e2e {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::filesystem::path temporary_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "session-keeper-e2e.XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
  return name;
}

bool can_listen(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<in_port_t>(port));
  const bool is_free = bind(fd, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0;
  close(fd);
  return is_free;
}

httplib::Client client_of(int port) {
  httplib::Client client("127.0.0.1", port);
  client.set_connection_timeout(2);
  client.set_read_timeout(10);
  return client;
}

}  // namespace

void sleep_for(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

Child::Child(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment,
             const std::filesystem::path& log, int inherited) {
  std::vector<std::string> variables;
  const std::string own_pid = "LISTEN_PID=0000000000";
  if (inherited >= 0) variables = {own_pid, "LISTEN_FDS=1", "LISTEN_FDNAMES=webhook"};
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(variables);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) throw std::runtime_error("no log at " + log.string());
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (inherited >= 0) {
      std::snprintf(envp[0], own_pid.size() + 1, "LISTEN_PID=%d", getpid());
      if (dup2(inherited, 3) == 3) fcntl(3, F_SETFD, 0);
    }
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  close(output);
  if (pid_ < 0) throw std::runtime_error("fork failed");
}

Child::~Child() {
  if (!running()) return;
  send(SIGKILL);
  wait(std::chrono::seconds{10});
}

void Child::send(int signal) {
  if (!status_) kill(pid_, signal);
}

std::optional<int> Child::wait(std::chrono::milliseconds most) {
  eventually(most, [this] {
    int status = 0;
    if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) {
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    return status_.has_value();
  });
  return status_;
}

bool Child::running() { return !wait(std::chrono::milliseconds{0}); }

// Below the ports that the system gives to connections, which could take one before the program listens
// there; and by the process, so that tests beside this one are given others.
int free_port() {
  constexpr int first = 16'000;
  constexpr int count = 16'000;
  static int tried = getpid() * 32;
  for (int left = count; left > 0; --left) {
    const int port = first + tried++ % count;
    if (can_listen(port)) return port;
  }
  throw std::runtime_error("no free port");
}

std::optional<Json> get_json(int port, const std::string& path) {
  const auto answer = client_of(port).Get(path.c_str());
  if (!answer || answer->status / 100 != 2) return std::nullopt;
  Json parsed = Json::parse(answer->body, nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  return parsed;
}

std::optional<Json> post_json(int port, const std::string& path, const Json& body) {
  const auto answer = client_of(port).Post(path.c_str(), body.dump(), "application/json");
  if (!answer || answer->status / 100 != 2) return std::nullopt;
  return Json::parse(answer->body, nullptr, false);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Stage::Stage(const std::string& plans)
    : directory(temporary_directory()),
      api_port(free_port()),
      control_port(free_port()),
      status_port(free_port()),
      webhook_port(free_port()) {
  write_plans(plans);
  sandbox_.emplace(
      std::vector<std::string>{SANDBOX_PROGRAM, "--listen", "127.0.0.1:" + std::to_string(api_port),
                               "--control", "127.0.0.1:" + std::to_string(control_port)},
      environment(), directory / "sandbox.log");
  if (!eventually(std::chrono::seconds{20},
                  [this] { return get_json(control_port, "/remotes").has_value(); })) {
    throw std::runtime_error("the sandbox does not answer: " + read_file(directory / "sandbox.log"));
  }
}

Stage::~Stage() {
  daemon.reset();
  sandbox_.reset();
  std::filesystem::remove_all(directory);
}

std::map<std::string, std::string> Stage::environment() const {
  return {{"SANDBOX_KEY", "sandbox-key"},
          {"SANDBOX_SECRET", "sandbox-secret"},
          {"PATH", "/usr/bin:/bin"},
          {"SESSION_KEEPER_URL", "http://127.0.0.1:" + std::to_string(status_port)}};
}

void Stage::write_plans(const std::string& plans) {
  const auto at = [](int port) { return "127.0.0.1:" + std::to_string(port); };
  const std::string base = "    base_url: http://" + at(api_port) +
                           "\n    request_timeout: 3s\n    poll_interval: 2s\n" + provider_lines;
  std::ofstream(directory / "keeper.yaml")
      << "store:\n  path: " << (store.empty() ? directory / "keeper.db" : store).string()
      << "\nstatus:\n  listen: " << at(status_port) << "\nwebhook:\n  listen: " << at(webhook_port)
      << "\n  public_url: http://" << at(webhook_port) << "\n"
      << webhook_lines
      << "providers:\n  agents:\n    type: videosdk\n    api_key: ${SANDBOX_KEY}\n    secret: "
         "${SANDBOX_SECRET}\n"
      << agents_lines << base << "  browsers:\n    type: notte\n    api_key: ${SANDBOX_KEY}\n"
      << base << "  community:\n    type: sonoran_cms\n    api_key: ${SANDBOX_KEY}\n"
      << base << more_providers << "plans:\n"
      << plans;
}

void Stage::start_daemon() {
  daemon.reset();
  auto daemon_environment = environment();
  daemon_environment.insert(variables.begin(), variables.end());
  daemon.emplace(std::vector<std::string>{program, "run", "--config", (directory / "keeper.yaml").string()},
                 daemon_environment, directory / "daemon.log", inherited);
  ++runs_;
}

void Stage::kill_daemon() {
  daemon->send(SIGKILL);
  daemon->wait(std::chrono::seconds{10});
}

std::optional<int> Stage::end_daemon(std::chrono::milliseconds most) {
  daemon->send(SIGTERM);
  return daemon->wait(most);
}

void Stage::preload(const std::string& library) {
  std::string& all = variables["LD_PRELOAD"];
  all += (all.empty() ? "" : ":") + library;
  variables["ASAN_OPTIONS"] = "verify_asan_link_order=0";
}

bool Stage::ready() {
  return eventually(std::chrono::seconds{30},
                    [this] { return !daemon->running() || get_json(status_port, "/-/ready").has_value(); }) &&
         daemon->running();
}

Json Stage::remotes(const std::string& path) {
  return get_json(control_port, path).value_or(Json{{"remotes", Json::array()}}).at("remotes");
}

std::chrono::milliseconds Stage::longest_without_heartbeat() {
  std::map<std::string, Wall> last;
  std::chrono::milliseconds longest{0};
  const auto until = [&](const std::string& remote, Wall at) {
    const auto found = last.find(remote);
    if (found != last.end()) longest = std::max<std::chrono::milliseconds>(longest, at - found->second);
    last[remote] = at;
  };
  const Json calls = get_json(control_port, "/calls")->at("calls");
  for (const Json& call : calls) {
    const bool beat = call.at("path").get<std::string>().find("observe") != std::string::npos;
    if (beat) until(call.at("remote_id"), parse_time(call.at("at").get<std::string>()).value());
  }
  for (const auto& [remote, at] : std::map(last)) until(remote, wall_now());
  return longest;
}

Json Stage::sessions() {
  Json all = Json::array();
  std::string cursor;
  while (true) {
    const auto page = get_json(status_port, "/api/v1/sessions?limit=1000" + cursor);
    if (!page) throw std::runtime_error("the daemon does not list its sessions");
    for (const Json& one : page->at("sessions")) all.push_back(one);
    if (page->at("next").is_null()) return all;
    cursor = "&before=" + page->at("next").get<std::string>();
  }
}

int Stage::run_cli(const std::vector<std::string>& arguments, std::string* output) {
  std::vector<std::string> all{cli_program};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const std::filesystem::path log = directory / ("cli." + std::to_string(++runs_));
  Child child(all, environment(), log);
  const auto status = child.wait(std::chrono::seconds{30});
  *output = read_file(log);
  return status.value_or(-1);
}

}  // namespace keeper::e2e
