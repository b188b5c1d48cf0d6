#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/harness.h"

using namespace sandbox;
using namespace sandbox::test;

namespace {

// provider-sandbox as a child, with what it prints.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    int ends[2] = {-1, -1};
    REQUIRE(pipe(ends) == 0);
    arguments.insert(arguments.begin(), PROVIDER_SANDBOX);
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    child_ = fork();
    if (child_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      dup2(ends[1], STDERR_FILENO);
      execv(PROVIDER_SANDBOX, words.data());
      _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
  }
  ~Program() {
    if (child_ > 0) kill(child_, SIGKILL);
    close(output_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string read_line() {
    std::string line;
    char c = 0;
    while (read(output_, &c, 1) == 1 && c != '\n') line += c;
    return line;
  }

  int end(int signal) {
    if (signal != 0) kill(child_, signal);
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t child_ = -1;
  int output_ = -1;
};

}  // namespace

TEST_CASE("provider-sandbox prints where it listens and what it accepts, and ends cleanly when told") {
  for (const int signal : {SIGTERM, SIGINT}) {
    Program program({"--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"});
    const std::string listening = program.read_line();
    REQUIRE(listening.rfind("listening on http://127.0.0.1:", 0) == 0);
    CHECK(program.read_line().rfind("control on http://127.0.0.1:", 0) == 0);
    CHECK(program.read_line() == "sonoran_cms: Authorization: Bearer sandbox-key");
    CHECK(program.read_line() == "notte: Authorization: Bearer sandbox-key");
    CHECK(program.read_line() == "videosdk: api key sandbox-key, secret sandbox-secret");
    const std::string url = listening.substr(std::string("listening on ").size());
    CHECK(program.read_line() == "browserbase: " + url + "/browserbase, x-bb-api-key: sandbox-key");
    CHECK(program.read_line() == "e2b: " + url + "/e2b, x-api-key: sandbox-key");
    CHECK(program.read_line() == "kernel: " + url + "/kernel, authorization: Bearer sandbox-key");
    httplib::Client client(url);
    const auto answer = client.Get("/health");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(program.end(signal) == 0);
  }
}

TEST_CASE("provider-sandbox refuses an address that is none, and one that is taken") {
  CHECK(Program({"--listen", "nowhere"}).end(0) == 2);
  CHECK(Program({"--no-such-option"}).end(0) == 2);
  CHECK(Program({"--help"}).end(0) == 0);
  Running running;
  const std::string taken = "127.0.0.1:" + std::to_string(running.sandbox().api_port());
  CHECK(Program({"--listen", taken, "--control", "127.0.0.1:0"}).end(0) == 1);
}
