#include "cluster/cluster_nodes.h"

#include <httplib.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

namespace keeper::cluster {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr int deposed = 75;

httplib::Client client_of(const std::string& host, int port) {
  httplib::Client client(host, port);
  client.set_connection_timeout(1);
  client.set_read_timeout(3);
  return client;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("haproxy.cfg has no " + from);
  text.replace(at, from.size(), to);
}

std::map<std::string, std::string> environment_of_programs() {
  const std::string unpacked = KEEPER_PROGRAMS;
  return {{"PATH", unpacked + "/usr/sbin:/usr/sbin:/usr/bin:/bin"},
          {"LD_LIBRARY_PATH", unpacked + "/usr/lib/x86_64-linux-gnu"}};
}

}  // namespace

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "keeper-cluster.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
  // The database's user passes through it.
  std::filesystem::permissions(path_, std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
}

Folder::~Folder() {
  if (std::getenv("KEEPER_KEEP_FOLDER") != nullptr) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

const std::vector<std::string>& Nodes::names() {
  static const std::vector<std::string> all{"a", "b", "c"};
  return all;
}

Nodes::Nodes(const NodesOptions& options)
    : network({"a", "b", "c", "db1", "db2", "provider", "front", "pooler"}),
      databases(network, folder() / "databases", options.standby),
      options_(options) {
  const std::string provider = network.address("provider");
  run_program("provider", {SANDBOX_PROGRAM, "--listen", provider + ":8480", "--control", provider + ":8481"});
  start_front();
  if (options_.pooler) start_pooler();
  std::ofstream(folder() / "password") << Databases::password;
  if (!eventually(seconds{20}, [this] { return sandbox("/remotes").has_value(); })) {
    throw std::runtime_error("the sandbox does not answer");
  }
  for (const std::string& node : names()) write_configuration(node);
}

void Nodes::run_program(const std::string& machine, const std::vector<std::string>& arguments) {
  // By the shell, which looks for the program in the PATH of the tests' programs.
  std::string words = "exec";
  for (const std::string& argument : arguments) words += " '" + argument + "'";
  programs_.push_back(std::make_unique<Child>(network.on(machine, {"/bin/sh", "-c", words}),
                                              environment_of_programs(), folder() / (machine + ".log")));
}

// The example, with the addresses of here, and without TLS.
void Nodes::start_front() {
  std::string text =
      e2e::read_file(std::filesystem::path(KEEPER_SOURCE_DIR) / "config/reverse-proxy/haproxy.cfg");
  replace(text, "bind :443 ssl crt /etc/haproxy/hooks.example.org.pem",
          "bind :" + std::to_string(webhook_port));
  for (std::size_t i = 0; i < names().size(); ++i) {
    replace(text, "192.0.2.1" + std::to_string(i + 1), network.address(names()[i]));
  }
  std::ofstream(folder() / "haproxy.cfg") << text;
  run_program("front", {"haproxy", "-db", "-f", (folder() / "haproxy.cfg").string()});
}

void Nodes::start_pooler() {
  std::ofstream(folder() / "users.txt") << "\"keeper\" \"" << Databases::password << "\"\n";
  std::ofstream(folder() / "pooler.ini")
      << "[databases]\nkeeper = host=" << network.address("db1")
      << "\n[pgbouncer]\nlisten_addr = *\nlisten_port = 5432\nauth_type = plain\n"
         "pool_mode = transaction\nunix_socket_dir =\nserver_login_retry = 1\nauth_file = "
      << (folder() / "users.txt").string() << "\n";
  for (const char* file : {"users.txt", "pooler.ini"}) {
    std::filesystem::permissions(folder() / file, std::filesystem::perms(0644));
  }
  run_program("pooler", {"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig",
                         "KILL", "pgbouncer", (folder() / "pooler.ini").string()});
}

void Nodes::write_configuration(const std::string& node) {
  const std::string own = network.address(node);
  const std::string provider = "http://" + network.address("provider") + ":8480";
  const std::string url =
      options_.pooler ? "postgresql://keeper@" + network.address("pooler") + "/keeper" : databases.url();
  const bool is_synchronous = options_.standby == Databases::Standby::synchronous;
  const std::string base = "    base_url: " + provider +
                           "\n    allow_http: true\n    request_timeout: 3s\n    poll_interval: 2s\n";
  std::filesystem::create_directory(folder() / node);
  std::ofstream(folder() / (node + ".yaml"))
      << "store:\n  url: " << url << "\n  password_file: " << (folder() / "password").string()
      << "\n  durability: " << (is_synchronous ? "replicated" : "local") << "\ncluster:\n  node: " << node
      << "\n  lease: " << options_.lease.count()
      << "s\n  pause_allowance: " << options_.pause_allowance.count() << "s\nstatus:\n  listen: " << own
      << ":" << status_port << "\n  allow_remote: true\n  allowed_hosts: [" << own
      << ", leader.keeper.internal]\nwebhook:\n  listen: " << own << ":" << webhook_port
      << "\n  public_url: http://" << front() << ":" << webhook_port << "\n  trusted_proxies: [" << front()
      << "]\nproviders:\n  agents:\n    type: videosdk\n    api_key: ${SANDBOX_KEY}\n    secret: "
      << "${SANDBOX_SECRET}\n"
      << base << "  browsers:\n    type: notte\n    api_key: ${SANDBOX_KEY}\n"
      << base << "  load:\n    type: videosdk\n    api_key: ${LOAD_KEY}\n    secret: ${LOAD_KEY}\n"
      << "    webhook_public_key_file: " << (folder() / "load.pem").string() << "\n    orphans: report\n"
      << base
      << "  tagged:\n    type: http\n    description: browserbase\n    api_key: ${SANDBOX_KEY}\n    "
         "base_url: "
      << provider << "/browserbase\n    allow_http: true\n    request_timeout: 3s\nplans:\n"
      << options_.plans;
}

void Nodes::start(const std::string& node) {
  const auto program = options_.programs.find(node);
  std::map<std::string, std::string> environment{{"SANDBOX_KEY", "sandbox-key"},
                                                 {"SANDBOX_SECRET", "sandbox-secret"},
                                                 {"LOAD_KEY", "of-nobody"},
                                                 {"RUNTIME_DIRECTORY", (folder() / node).string()},
                                                 {"PATH", "/usr/bin:/bin"}};
  if (!options_.preloaded.empty()) {
    environment["LD_PRELOAD"] = options_.preloaded;
    environment["ASAN_OPTIONS"] = "verify_asan_link_order=0";
    environment["PAUSING_START"] = (folder() / "pause").string();
  }
  Daemon& daemon = daemons_[node];
  daemon.child.reset();
  daemon.restart_at.reset();
  daemon.stands = false;
  daemon.child.emplace(
      network.on(node, {program == options_.programs.end() ? KEEPER_PROGRAM : program->second, "run",
                        "--config", (folder() / (node + ".yaml")).string()}),
      environment, folder() / (node + ".log"));
}

void Nodes::send(const std::string& node, int signal) {
  Daemon& daemon = daemons_.at(node);
  if (daemon.child) daemon.child->send(signal);
  if (signal == SIGSTOP) daemon.stands = true;
  if (signal == SIGCONT) daemon.stands = false;
}

bool Nodes::is_running(const std::string& node) {
  Daemon& daemon = daemons_.at(node);
  return daemon.child && daemon.child->running();
}

void Nodes::restart(const std::string& node) {
  const int code = end(node, SIGTERM);
  if (code != 0 && code != deposed)
    surprises_.push_back(node + " was told to end, and ended with " + std::to_string(code));
  start(node);
}

int Nodes::end(const std::string& node, int signal) {
  Daemon& daemon = daemons_.at(node);
  send(node, signal);
  std::optional<int> code;
  const auto end = Clock::now() + seconds{100};
  while (!(code = daemon.child->wait(Millis{0})) && Clock::now() < end) {
    for (const std::string& other : names()) {
      if (other != node) supervise(other);
    }
    e2e::sleep_for(Millis{10});
  }
  daemon.child.reset();
  return code.value_or(-1);
}

void Nodes::supervise(const std::string& node) {
  Daemon& daemon = daemons_[node];
  if (!daemon.child || daemon.child->running()) return;
  const int code = daemon.child->wait(Millis{0}).value_or(0);
  if (!daemon.restart_at) {
    const bool is_expected = code == deposed || code == -SIGKILL || code == 0;
    if (!is_expected) surprises_.push_back(node + " ended with " + std::to_string(code));
    daemon.restart_at = Clock::now() + (code == deposed ? Millis{0} : Millis{1000});
  }
  if (Clock::now() >= *daemon.restart_at) start(node);
}

void Nodes::live(Millis time) {
  const auto end = Clock::now() + time;
  do {
    for (const std::string& node : names()) supervise(node);
    e2e::sleep_for(std::min(Millis{20}, time));
  } while (Clock::now() < end);
}

int Nodes::status_of(const std::string& node, const std::string& path) {
  const auto answer = client_of(network.address(node), status_port).Get(path.c_str());
  return answer ? answer->status : 0;
}

std::optional<std::string> Nodes::leader() {
  for (const std::string& node : names()) {
    if (!daemons_[node].stands && is_running(node) && status_of(node, "/-/leader") == 200) return node;
  }
  return std::nullopt;
}

std::optional<std::string> Nodes::wait_for_leader(Millis most) {
  std::optional<std::string> found;
  eventually(most, [&] {
    found = leader();
    return found.has_value() || !surprises_.empty();
  });
  return found;
}

std::string Nodes::follower() {
  const auto leads = leader();
  for (const std::string& node : names()) {
    if (node != leads && is_running(node)) return node;
  }
  return names().front();
}

std::optional<Json> Nodes::get(const std::string& machine, int port, const std::string& path) {
  const auto answer = client_of(network.address(machine), port).Get(path.c_str());
  if (!answer || answer->status != 200) return std::nullopt;
  return Json::parse(answer->body);
}

std::optional<Json> Nodes::sandbox(const std::string& path) { return get("provider", 8481, path); }

bool Nodes::tell_sandbox(const std::string& path, const Json& body) {
  const auto answer =
      client_of(network.address("provider"), 8481).Post(path.c_str(), body.dump(), "application/json");
  return answer && answer->status / 100 == 2;
}

int Nodes::command(const std::string& node, const std::vector<std::string>& words, std::string* output) {
  std::vector<std::string> all{KEEPER_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  const std::filesystem::path log = folder() / "command.log";
  std::filesystem::remove(log);
  Child child(network.on(node, all),
              {{"SESSION_KEEPER_URL", "http://" + network.address(node) + ":" + std::to_string(status_port)},
               {"RUNTIME_DIRECTORY", (folder() / node).string()},
               {"PATH", "/usr/bin:/bin"}},
              log);
  std::optional<int> code;
  eventually(seconds{30}, [&] { return (code = child.wait(Millis{0})).has_value(); });
  if (output != nullptr) *output = e2e::read_file(log);
  return code.value_or(-1);
}

}  // namespace keeper::cluster
