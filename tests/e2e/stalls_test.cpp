// One after the other everything outside of the daemon stops moving, each for a while: five minutes in the
// long form. Sessions, fifty in the long form, are kept alive meanwhile, and the sandbox says whether each
// had its heartbeats in time.
#include <fcntl.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace fs = std::filesystem;

namespace {

bool has_long_stalls() { return std::getenv("KEEPER_LONG_TESTS") != nullptr; }

// As many to a call at once as fifty to the default.
const std::size_t kept_sessions = has_long_stalls() ? 50 : 16;
const int calls_at_once = has_long_stalls() ? 16 : 5;

// Reads a descriptor, or leaves it alone for as long as it is told to.
class Reader {
 public:
  explicit Reader(int file) : file_(file), thread_([this] { work(); }) {}
  ~Reader() {
    ends_ = true;
    thread_.join();
    close(file_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void rest(bool rests) { rests_ = rests; }
  std::size_t bytes() const { return bytes_; }

 private:
  void work() {
    std::vector<char> some(64 * 1024);
    while (!ends_) {
      const ssize_t got = rests_ ? -1 : ::read(file_, some.data(), some.size());
      if (got > 0) bytes_ += static_cast<std::size_t>(got);
      if (got <= 0) sleep_for(milliseconds{5});
    }
  }

  const int file_;
  std::atomic<bool> ends_ = false, rests_ = false;
  std::atomic<std::size_t> bytes_ = 0;
  std::thread thread_;
};

int log_pipe(const fs::path& path) {
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const int pipe = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  REQUIRE(pipe >= 0);
  REQUIRE(fcntl(pipe, F_SETPIPE_SZ, 4096) == 4096);
  return pipe;
}

int journal_socket(const fs::path& path) {
  const int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.string().size() < sizeof address.sun_path);
  std::copy_n(path.c_str(), path.string().size(), address.sun_path);
  REQUIRE(bind(file, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0);
  return file;
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Takes connections into its backlog, and says nothing to them.
class Silence {
 public:
  Silence() : port(free_port()), file_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(port);
    REQUIRE(bind(file_, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0);
    REQUIRE(listen(file_, 128) == 0);
  }
  ~Silence() { close(file_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

  const int port;

 private:
  const int file_;
};

// Clients that ask again and again and read no answer, with little room for what comes.
class DeafClients {
 public:
  DeafClients(int port, const std::string& request, int count) {
    for (int i = 0; i < count; ++i) {
      const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      constexpr int little = 2048;
      setsockopt(file, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
      sockaddr_in address = loopback(port);
      REQUIRE(connect(file, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0);
      files_.push_back(file);
    }
    ask(request);
  }
  ~DeafClients() {
    for (const int file : files_) close(file);
  }
  DeafClients(const DeafClients&) = delete;
  DeafClients& operator=(const DeafClients&) = delete;

 private:
  void ask(const std::string& request) {
    std::string many;
    while (many.size() < 256 * 1024) many += request;
    for (const int file : files_) ::send(file, many.data(), many.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  std::vector<int> files_;
};

std::string request_of(const std::string& line) { return line + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"; }

// The daemon's stage: its provider is found by name, its log is the journal's where that takes it, and
// whoever it tells never answers.
struct World {
  World()
      : plans("  kept:\n    provider: browsers\n    count: " + std::to_string(kept_sessions) +
              "\n    schedule: {always: true}\n    session: {idle_timeout: 1m, max_duration: 6h}\n"
              "    on_shutdown: stop\n    keep_alive: {heartbeat: " +
              (has_long_stalls() ? "auto" : "2s") +
              "}\n  elsewhere:\n    provider: elsewhere\n    schedule: {always: true}\n"
              "    session: {idle_timeout: 1m, max_duration: 10m}\n"
              "notifications:\n  ops: {url: \"http://127.0.0.1:" +
              std::to_string(target.port) + "/notices\"}\ndead_mans_switch: {url_file: " +
              (stage.directory / "monitor").string() + ", every: 1s}\n"),
        log(log_pipe(stage.directory / "daemon.log")) {
    std::ofstream(stage.directory / "monitor") << "http://127.0.0.1:" << target.port << "/alive\n";
    stage.more_providers =
        "  elsewhere: {type: notte, api_key: \"${SANDBOX_KEY}\", base_url: \"https://elsewhere.invalid\"}\n";
    stage.provider_lines = "    max_concurrent: " + std::to_string(calls_at_once) + "\n";
    stage.preload(FAILING_DISK);
    stage.preload(STALLED_SERVICES);
    for (const char* flag : {"HANGING_FSYNC", "HANGING_LOOKUP", "HANGING_OPEN", "JOURNAL_SOCKET"})
      stage.variables[flag] = (stage.directory / flag).string();
    const fs::path daemon = stage.directory / "to-the-journal";
    std::ofstream(daemon) << "#!/bin/sh\nexec " KEEPER_PROGRAM " \"$@\" --log-format journal\n";
    fs::permissions(daemon, fs::perms::owner_all);
    stage.program = daemon;
    // A socket that nobody has refuses, and the log goes to standard error.
    close(journal_socket(stage.directory / "JOURNAL_SOCKET"));
    configure();
  }

  void configure() {
    stage.write_plans(plans);
    std::string text = read_file(stage.directory / "keeper.yaml");
    const std::string number = "http://127.0.0.1:" + std::to_string(stage.api_port);
    for (std::size_t at = 0; (at = text.find(number, at)) != std::string::npos;)
      text.replace(at, number.size(), "http://localhost:" + std::to_string(stage.api_port));
    std::ofstream(stage.directory / "keeper.yaml") << text;
  }

  void set_flag(const char* flag, bool stalls) {
    if (stalls) {
      std::ofstream(stage.directory / flag).flush();
    } else {
      fs::remove(stage.directory / flag);
    }
  }

  // Makes lines for the log.
  void chatter() {
    for (int i = 0; i < 10; ++i) {
      stage.daemon->send(SIGHUP);
      sleep_for(milliseconds{50});
    }
  }

  Stage stage{""};
  Silence target;
  std::string plans;
  Reader log;
  std::unique_ptr<Reader> journal;
  std::unique_ptr<DeafClients> deaf;
};

struct Stall {
  const char* what;
  std::function<void()> begin, meanwhile, end;
};

std::vector<Stall> stalls_of(World& world) {
  const auto nothing = [] {};
  const auto flag = [&world, nothing](const char* what, const char* name) {
    return Stall{what, [&world, name] { world.set_flag(name, true); }, nothing,
                 [&world, name] { world.set_flag(name, false); }};
  };
  const auto chatter = [&world] { world.chatter(); };
  const auto deaf = [&world, nothing](const char* what, int port, std::string request) {
    return Stall{what,
                 [&world, port, request] { world.deaf = std::make_unique<DeafClients>(port, request, 8); },
                 nothing, [&world] { world.deaf.reset(); }};
  };
  Stage& stage = world.stage;
  return {{"the reader of the log", [&world] { world.log.rest(true); }, chatter,
           [&world] { world.log.rest(false); }},
          {"the journal",
           [&world] {
             fs::remove(world.stage.directory / "JOURNAL_SOCKET");
             world.journal =
                 std::make_unique<Reader>(journal_socket(world.stage.directory / "JOURNAL_SOCKET"));
             world.chatter();
             REQUIRE(eventually(seconds{20}, [&] { return world.journal->bytes() > 0; }));
             world.journal->rest(true);
           },
           chatter, [&world] { world.journal.reset(); }},
          {"a secret's file",
           [&world] {
             world.stage.webhook_lines =
                 "  tokens_file: " + (world.stage.directory / "HANGING_OPEN").string() + "\n";
             world.configure();
           },
           [&world] { world.stage.daemon->send(SIGHUP); },
           [&world] {
             world.stage.webhook_lines.clear();
             world.configure();
             world.stage.daemon->send(SIGHUP);
             CHECK(eventually(seconds{40}, [&] {
               return world.stage.status().value("/config/last_reload_successful"_json_pointer, false);
             }));
           }},
          flag("the disk", "HANGING_FSYNC"),
          deaf("clients of the status listener", stage.status_port,
               request_of("GET /api/v1/sessions?limit=1000")),
          deaf("streams of events", stage.status_port, request_of("GET /api/v1/events")),
          deaf("clients of the webhook listener", stage.webhook_port, request_of("GET /hooks/agents")),
          flag("the name servers", "HANGING_LOOKUP"),
          // Who is told has not answered from the beginning on.
          {"the target of notifications and the monitor", nothing, nothing, nothing}};
}

}  // namespace

TEST_CASE("whatever stops moving outside, one thing after the other, sessions have their heartbeats in time",
          "[load]") {
  const seconds length{has_long_stalls() ? 300 : 8};
  const seconds in_time{has_long_stalls() ? 40 : 7};
  World world;
  Stage& stage = world.stage;
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{120}, [&] { return stage.remotes("/remotes/live").size() == kept_sessions; }));
  for (const Stall& stall : stalls_of(world)) {
    INFO(stall.what);
    stall.begin();
    const auto until = std::chrono::steady_clock::now() + length;
    while (std::chrono::steady_clock::now() < until) {
      stall.meanwhile();
      sleep_for(seconds{1});
      REQUIRE(stage.daemon->running());
    }
    const milliseconds longest = stage.longest_without_heartbeat();
    std::printf("%lld s without %s: a heartbeat for each of %zu sessions every %lld ms at the latest\n",
                static_cast<long long>(length.count()), stall.what, kept_sessions,
                static_cast<long long>(longest.count()));
    std::fflush(stdout);
    CHECK(longest < in_time);
    CHECK(stage.remotes("/remotes/live").size() == kept_sessions);
    stall.end();
    CHECK(eventually(seconds{20}, [&] { return get_json(stage.status_port, "/-/ready").has_value(); }));
  }
  CHECK(stage.remotes().size() == kept_sessions);
  CHECK(world.log.bytes() > 0);
  CHECK(stage.status().at("dead_mans_switch").at("healthy") == false);
  CHECK(stage.end_daemon() == 0);
  CHECK(stage.remotes("/remotes/live").empty());
}
