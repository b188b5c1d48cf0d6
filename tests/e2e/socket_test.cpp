// The webhook socket of a service manager, which outlives the daemon.
#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "catch.h"
#include "e2e/hooks.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

class Socket {
 public:
  explicit Socket(int port) : file_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const int on = 1;
    setsockopt(file_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    REQUIRE(bind(file_, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0);
    REQUIRE(listen(file_, 4096) == 0);
  }
  ~Socket() { close(file_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int file() const { return file_; }

 private:
  int file_;
};

}  // namespace

TEST_CASE("with a socket of the service manager's no delivery is refused while the daemon restarts") {
  constexpr int senders = 4;
  const int restarts = std::getenv("KEEPER_LONG_TESTS") != nullptr ? 200 : 10;
  const int deliveries = restarts * 100;
  Stage stage("");
  Hooks hooks(stage);
  stage.write_plans("  {}\n");
  const Socket socket(stage.webhook_port);
  stage.inherited = socket.file();
  stage.start_daemon();
  REQUIRE(stage.ready());

  std::vector<std::vector<Signed>> parts(senders);
  for (int i = 0; i < deliveries; ++i) parts[static_cast<std::size_t>(i % senders)].push_back(hooks.next());
  std::atomic<int> acknowledged{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (const auto& part : parts) {
    threads.emplace_back([&] {
      for (const Signed& one : part) {
        httplib::Client client("127.0.0.1", stage.webhook_port);  // a connection each
        client.set_read_timeout(60);
        ++(Hooks::send(client, one) == 200 ? acknowledged : refused);
        sleep_for(std::chrono::milliseconds{5});
      }
    });
  }
  int restarted = 0;
  for (; restarted < restarts; ++restarted) {
    const int before = acknowledged;
    CHECK(stage.end_daemon() == 0);
    stage.start_daemon();
    REQUIRE(stage.ready());
    if (!eventually(seconds{20},
                    [&] { return acknowledged > before || acknowledged + refused == deliveries; }))
      break;
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(restarted == restarts);
  CHECK(refused == 0);
  CHECK(acknowledged == deliveries);
  CHECK(stage.end_daemon() == 0);
  std::string output;
  CHECK(stage.run_cli({"verify-store", (stage.directory / "keeper.db").string()}, &output) == 0);
  CHECK(output.find(std::to_string(deliveries) + " deliveries") != std::string::npos);
}

TEST_CASE("a passed socket of another address ends the start, and says what must be the same") {
  Stage stage(desk_plan);
  const Socket socket(free_port());
  stage.inherited = socket.file();
  stage.start_daemon();
  CHECK(stage.daemon->wait(seconds{30}) == 78);
  CHECK(read_file(stage.directory / "daemon.log").find("ListenStream=") != std::string::npos);
  CHECK(stage.remotes().empty());
}
