// A thousand calls in flight, of which nine hundred hang, each hundred in another way.
#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <iterator>
#include <memory>
#include <vector>

#include "net/hanging_server.h"
#include "net/http_client.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;
using namespace std::chrono_literals;

namespace {

constexpr int calls_a_way = 100;
constexpr std::chrono::seconds hanging_limit{4};
// What a loaded machine may take to notice a deadline; tests/bench measures what it takes.
constexpr std::chrono::milliseconds late_max{1500};

std::size_t threads_now() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                                                std::filesystem::directory_iterator{}));
}

bool has_descriptors(rlim_t wanted) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_max < wanted) return false;
  files.rlim_cur = std::max(files.rlim_cur, wanted);
  return ::setrlimit(RLIMIT_NOFILE, &files) == 0;
}

struct Tally {
  std::atomic<int> good{0}, good_after_a_hanging_one{0};
  std::atomic<int> ended{0}, early{0}, late{0}, of_wrong_kind{0};
};

}  // namespace

TEST_CASE(
    "while 900 calls hang in nine ways, 100 others are answered, and all end in time on no more threads") {
  if (!has_descriptors(4096)) {
    WARN("not tried: the hard limit of descriptors is below 4096");
    return;
  }
  HangingServer server;
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (std::size_t way = 0; way < ways; ++way)
    clients.push_back(
        std::make_unique<HttpClient>(HttpOptions{parse_url(server.url(static_cast<Way>(way))).value(), {}}));
  clients.push_back(std::make_unique<HttpClient>(HttpOptions{parse_url("http://name.never").value(), {}}));
  HttpClient& answering = *clients.at(static_cast<std::size_t>(Way::answers));
  REQUIRE(wait(answering.call({"GET", "/"}, std::chrono::steady_clock::now() + 5s)).ok());
  const std::size_t threads_before = threads_now();

  Tally tally;
  const auto deadline = std::chrono::steady_clock::now() + hanging_limit;
  const auto hung = [&](const Result<HttpResponse>& answer) {
    const auto now = std::chrono::steady_clock::now();
    if (now < deadline - 5ms) ++tally.early;
    if (now > deadline + late_max) ++tally.late;
    // A head that came makes an answer of it, however short its body.
    if (answer ? answer->cut_short.empty()
               : answer.error().kind != ErrorKind::maybe_applied &&
                     answer.error().kind != ErrorKind::not_applied)
      ++tally.of_wrong_kind;
    ++tally.ended;
  };
  for (int i = 0; i < calls_a_way; ++i) {
    for (const auto& client : clients) {
      if (client.get() != &answering)
        launch(client->call({"POST", "/", {}, "{}"}, deadline), resume_at_once, hung);
    }
  }
  for (int i = 0; i < calls_a_way; ++i) {
    launch(answering.call({"GET", "/"}, std::chrono::steady_clock::now() + 60s), resume_at_once,
           [&](const Result<HttpResponse>& answer) {
             if (answer) ++tally.good;
             if (tally.ended > 0) ++tally.good_after_a_hanging_one;
           });
  }
  CHECK(threads_now() <= threads_before + 1);  // the lookup that hangs
  const int all = calls_a_way * static_cast<int>(ways);
  while (tally.ended < all || tally.good < calls_a_way) {
    REQUIRE(std::chrono::steady_clock::now() < deadline + 60s);
    std::this_thread::sleep_for(5ms);
  }
  CHECK(tally.good_after_a_hanging_one == 0);
  CHECK(tally.early == 0);
  CHECK(tally.late == 0);
  CHECK(tally.of_wrong_kind == 0);
}
