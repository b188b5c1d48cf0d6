#include "cli/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "fake_daemon.h"

namespace keeper {
namespace {

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

Ran run(std::vector<const char*> arguments, std::optional<RunRequest>* daemon = nullptr) {
  std::ostringstream out;
  std::ostringstream err;
  const Terminal terminal{out, err, 80, false, [&](const RunRequest& request) {
                            if (daemon) *daemon = request;
                            return 78;
                          }};
  arguments.insert(arguments.begin(), "session-keeper");
  const int code = run_command_line(static_cast<int>(arguments.size()), arguments.data(), terminal);
  return {code, out.str(), err.str()};
}

std::size_t widest(const std::string& text) {
  std::istringstream lines(text);
  std::size_t width = 0;
  for (std::string line; std::getline(lines, line);) width = std::max(width, line.size());
  return width;
}

// Nothing listens on it: port 1 of loopback.
constexpr const char* nobody = "http://127.0.0.1:1";

TEST_CASE("wrong usage exits 2 and says so on standard error") {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{},
        {"nonsense"},
        {"run"},
        {"session"},
        {"status", "--loud"},
        {"history", "-n", "0"},
        {"status", "-o", "xml"},
        {"status", "--url", "ftp://x"},
        {"next", "--cron", "61 * * * *"},
        {"next", "--cron", ""},
        {"next", "--cron", "@daily", "-n", "0x10"},
        {"history", "-n", "+3"},
        {"pause", "p", "--until", ""},
        {"pause", "p", "--until", "2020-01-01T00:00:00Z"},
        {"stop", "--all", "--cancel"},
        {"next", "--cron", "0 0 30 2 *"},
        {"next", "--cron", "0 9 * * *", "--time-zone", "Mars/Base"},
        {"next", "--cron", "0 9 * * *", "--from", "soon"},
        {"next", "--time-zone", "UTC"}}) {
    const Ran ran = run(arguments);
    CAPTURE(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK_FALSE(ran.err.empty());
  }
}

std::string text_of(const std::string& file) {
  std::ifstream stream(std::string(KEEPER_SOURCE_DIR) + "/" + file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The lines of the manual page that are set in bold, as commands are, without the marks of fonts.
std::string bold_lines(const std::string& manual) {
  std::istringstream lines(std::regex_replace(manual, std::regex("\\\\f[A-Z]"), ""));
  std::string bold;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(".B")) bold += line + "\n";
  }
  return bold;
}

bool has_word(const std::string& text, const std::string& before, const std::string& word) {
  return std::regex_search(text, std::regex(before + word + "(?![a-z_-])"));
}

TEST_CASE("each command stands in the help, the manual page, the operator's guide and each completion") {
  const std::string help = run({"help"}).out;
  std::istringstream lines(help.substr(
      help.find("SUBCOMMANDS") != std::string::npos ? help.find("SUBCOMMANDS") : help.find("Subcommands")));
  const std::string manual = bold_lines(text_of("packaging/session-keeper.1"));
  const std::string guide = text_of("docs/operations.md");
  const std::set<std::string> not_in_guide{"run", "version", "help"};
  const std::string bash = run({"completion", "bash"}).out;
  const std::string zsh = run({"completion", "zsh"}).out;
  const std::string fish = run({"completion", "fish"}).out;
  std::string line;
  std::getline(lines, line);
  int commands = 0;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string command;
    if (!line.starts_with("  ") || line.starts_with("   ") || !(words >> command)) continue;
    if (command.ends_with(',')) command.pop_back();  // a second name follows
    INFO(command);
    ++commands;
    CHECK(has_word(manual, "[ \"]", command));
    CHECK((not_in_guide.contains(command) || has_word(guide, "(`|session-keeper )", command)));
    CHECK(bash.find("\n    " + command + ") words=") != std::string::npos);
    CHECK(zsh.find("\n    " + command + ") options=") != std::string::npos);
    CHECK(fish.find(" -a " + command + " ") != std::string::npos);
  }
  CHECK(commands > 25);
  CHECK(run({"completion", "tcsh"}).code == 2);
}

// What a bash that has read the script offers for a line; its last word is being typed.
std::string offered(const std::string& line) {
  char name[] = "/tmp/keeper-completion-XXXXXX";
  const int made = ::mkstemp(name);
  REQUIRE(made >= 0);
  ::close(made);
  std::ofstream(name) << run({"completion", "bash"}).out
                      << "session-keeper() { echo '{\"plans\":[{\"name\":\"desk\"}]}'; }\n"
                      << "COMP_WORDS=(" << line << ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                      << "_session_keeper\necho \"${COMPREPLY[*]}\"\n";
  std::FILE* pipe = ::popen(("bash " + std::string(name) + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  char text[512] = {};
  const std::size_t size = std::fread(text, 1, sizeof text - 1, pipe);
  ::pclose(pipe);
  std::remove(name);
  return {text, size};
}

TEST_CASE("bash completes commands, options and the names of plans") {
  CHECK(offered("session-keeper st") == "status start stop\n");
  CHECK(offered("session-keeper sessions --pl") == "--plan\n");
  CHECK(offered("session-keeper pause d") == "desk\n");
  CHECK(offered("session-keeper --url x pause --re") == "--reason\n");
  CHECK(offered("session-keeper backup /etc/hostn") == "/etc/hostname\n");
}

TEST_CASE("a number with zeros before it is decimal") {
  const std::string ten = run({"next", "--cron", "@daily", "-n", "010"}).out;
  CHECK(std::count(ten.begin(), ten.end(), '\n') == 11);
}

TEST_CASE("a command whose output is not taken fails and says so") {
  std::ostringstream out;
  std::ostringstream err;
  const Terminal terminal{out, err, 80, false, {}};
  out.setstate(std::ios::badbit);
  const char* const arguments[]{"session-keeper", "version"};
  CHECK(run_command_line(2, arguments, terminal) == 1);
  CHECK(err.str() == "session-keeper: standard output cannot be written\n");
}

TEST_CASE("who could not be told is named, and what comes next") {
  FakeDaemon daemon;
  daemon.status = R"({"ready":true,"plans":[],"notifications":[
    {"name":"wall","healthy":true,"waiting":0},
    {"name":"ops","healthy":false,"failing_since":"2026-11-21T09:00:00.000Z","last_error":"told.example: 500",
     "waiting":3,"next_attempt":"2026-11-21T09:05:00.000Z"}],
    "dead_mans_switch":{"healthy":false,"failing_since":"2026-11-21T08:00:00.000Z","last_error":"no answer"}})";
  const Ran ran = run({"status", "--url", daemon.url().c_str()});
  CHECK(ran.out.find(
            "notifications to ops fail since 2026-11-21 09:00:00Z: told.example: 500; 3 not delivered; "
            "next try 2026-11-21 09:05:00Z\n") != std::string::npos);
  CHECK(ran.out.find(
            "the monitor of the dead man's switch was not reached since 2026-11-21 08:00:00Z: no answer\n") !=
        std::string::npos);
  CHECK(ran.out.find("wall") == std::string::npos);
  CHECK(ran.code == 0);
}

TEST_CASE("that all plans are paused is said first") {
  FakeDaemon daemon;
  const std::string word = R"("state":"as_wanted")";
  daemon.status.replace(daemon.status.find(word), word.size(), R"("state":"paused")");
  CHECK(run({"status", "--url", daemon.url().c_str()}).out.starts_with("the plan is paused: "));
}

TEST_CASE("help and version exit 0") {
  CHECK(run({"help"}).code == 0);
  CHECK(run({"help"}).out.find("check-config") != std::string::npos);
  CHECK(run({"--help"}).code == 0);
  CHECK(run({"version"}).out.rfind("session-keeper ", 0) == 0);
  CHECK(run({"version"}).out == run({"--version"}).out);
}

TEST_CASE("run hands its options over and exits as the daemon does") {
  std::optional<RunRequest> request;
  CHECK(run({"run", "--config", "x.yaml", "--log-level", "debug"}, &request).code == 78);
  REQUIRE(request.has_value());
  CHECK(request->config == "x.yaml");
  CHECK(request->log_level == "debug");
  CHECK(run({"run", "--config", "x.yaml", "--log-level", "loud"}).code == 2);
}

TEST_CASE("where no daemon answers, status exits 3 and the others 1, with the address") {
  CHECK(run({"status", "--url", nobody}).code == 3);
  CHECK(run({"--url", nobody, "status"}).code == 3);
  for (const char* command : {"plans", "sessions", "history", "deliveries", "reload"}) {
    const Ran ran = run({command, "--url", nobody});
    CHECK(ran.code == 1);
    CHECK(ran.err.find(nobody) != std::string::npos);
    CHECK(ran.out.empty());
  }
}

TEST_CASE("next prints the times of an expression, after --from and not at it") {
  const Ran ran = run({"next", "--cron", "0 9 * * *", "--time-zone", "Europe/Berlin", "--from",
                       "2026-11-21T09:00:00+01:00", "-n", "2", "-o", "json"});
  CHECK(ran.code == 0);
  CHECK(ran.out ==
        "[\n  {\n    \"time\": \"2026-11-22T09:00:00+01:00\",\n    \"time_utc\": "
        "\"2026-11-22T08:00:00.000Z\"\n  },\n  {\n    \"time\": \"2026-11-23T09:00:00+01:00\",\n    "
        "\"time_utc\": \"2026-11-23T08:00:00.000Z\"\n  }\n]\n");
}

TEST_CASE("a configuration that cannot be read exits 78, on the command line and as JSON") {
  CHECK(run({"check-config", "no-such-file.yaml"}).code == 78);
  const Ran ran = run({"check-config", "no-such-file.yaml", "-o", "json"});
  CHECK(ran.code == 78);
  CHECK(ran.out.find("\"severity\": \"error\"") != std::string::npos);
  CHECK(run({"next", "--config", "no-such-file.yaml"}).code == 78);
}

TEST_CASE("status exits by what the daemon says, and prints JSON as it came") {
  FakeDaemon daemon;
  CHECK(run({"status", "--url", daemon.url().c_str()}).code == 0);
  const Ran json = run({"status", "-o", "json", "--url", daemon.url().c_str()});
  CHECK(json.out == daemon.status + "\n");
  daemon.status = R"({"ready":true,"plans":[{"name":"desk","state":"degraded"}]})";
  CHECK(run({"status", "--url", daemon.url().c_str()}).code == 1);
  daemon.status = R"({"ready":true,"plans":[{"name":"desk","state":"blocked","last_error":null,
    "blocked_reason":"its budget is used up","blocked_until":"2026-11-22T00:00:00.000Z"}]})";
  const Ran blocked = run({"status", "--url", daemon.url().c_str()});
  CHECK(blocked.code == 1);
  CHECK(blocked.out.find("desk: its budget is used up; next try 2026-11-22 00:00:00Z\n") !=
        std::string::npos);
  daemon.status = R"({"ready":true,"plans":[
    {"name":"desk","state":"degraded","last_error":"503","next_attempt":"2026-11-21T09:00:00.000Z"},
    {"name":"night","state":"paused","paused":true,
     "pause":{"since":"2026-11-20T09:00:00.000Z","until":"2026-11-22T09:00:00.000Z","reason":"holiday"}}]})";
  const std::string told = run({"status", "--url", daemon.url().c_str()}).out;
  CHECK(told.find("desk: 503; next try 2026-11-21 09:00:00Z\n") != std::string::npos);
  CHECK(told.find("night: paused since 2026-11-20 09:00:00Z until 2026-11-22 09:00:00Z: holiday\n") !=
        std::string::npos);
  CHECK(told.find("paused  ") != std::string::npos);
  daemon.status = R"({"ready":false,"plans":[]})";
  CHECK(run({"status", "--url", daemon.url().c_str()}).code == 1);
  daemon.status = "<html>";
  CHECK(run({"status", "--url", daemon.url().c_str()}).code == 1);
}

TEST_CASE("tables fit 80 columns and hold no control characters") {
  FakeDaemon daemon;
  for (const char* command : {"status", "plans", "sessions", "history", "deliveries"}) {
    const Ran ran = run({command, "--url", daemon.url().c_str()});
    CAPTURE(ran.out);
    CHECK(ran.code == 0);
    CHECK(widest(ran.out) <= 80 + 8);  // an ellipsis is three bytes
    CHECK(ran.out.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("a session is found by the begin of its id, and an unknown one exits 1") {
  FakeDaemon daemon;
  const Ran ran = run({"session", "0123", "--url", daemon.url().c_str()});
  CHECK(ran.code == 0);
  CHECK(ran.out.find("0123456789abcdef0123456789abcdef") != std::string::npos);
  CHECK(run({"session", "ffff", "--url", daemon.url().c_str()}).code == 1);
  CHECK(run({"session", "../status", "--url", daemon.url().c_str()}).code == 1);
}

TEST_CASE("history follows the events after the last one shown") {
  FakeDaemon daemon;
  const Ran ran = run({"history", "--follow", "--url", daemon.url().c_str()});
  CHECK(ran.code == 1);  // the stream ended
  CHECK(daemon.last_event_id == "2");
  CHECK(ran.out.find("queued -> active") != std::string::npos);
  CHECK(ran.out.find("active -> closed") != std::string::npos);
}

TEST_CASE("reload shows the token, and fails with the daemon's own words") {
  FakeDaemon daemon;
  const std::string good = daemon.token_file("s3cret");
  CHECK(run({"reload", "--token-file", good.c_str(), "--url", daemon.url().c_str()}).code == 0);
  const std::string wrong = daemon.token_file("other");
  const Ran refused = run({"reload", "--token-file", wrong.c_str(), "--url", daemon.url().c_str()});
  CHECK(refused.code == 1);
  CHECK(refused.err.find("the token is wrong") != std::string::npos);
  CHECK(refused.err.find("other") == std::string::npos);
  CHECK(run({"reload", "--token-file", "/no/such/token", "--url", daemon.url().c_str()}).code == 1);
}

}  // namespace
}  // namespace keeper
