// What a call of the HTTP client costs: wall and CPU time at 1, 64 and 1,000 in flight, and how long calls
// take while 900 others hang. The servers are processes of their own. See README.md.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/certificates.h"
#include "net/fake_server.h"
#include "net/hanging_server.h"
#include "net/http_client.h"
#include "net/transfers.h"

namespace {

using namespace keeper;
using namespace keeper::test;
using Clock = std::chrono::steady_clock;
using Micros = std::chrono::duration<double, std::micro>;

void raise_descriptors() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8192);
  ::setrlimit(RLIMIT_NOFILE, &files);
}

// A server in a process of its own, which ends with this object.
class Served {
 public:
  // `serve` runs there; it writes its URLs, one a line, and returns.
  explicit Served(const std::function<std::string(std::shared_ptr<void>*)>& serve) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ == 0) {
      std::shared_ptr<void> kept;
      const std::string told = serve(&kept) + "\n";
      if (::write(ends[1], told.data(), told.size()) < 0) ::_exit(1);
      while (true) ::pause();
    }
    ::close(ends[1]);
    char byte = 0;
    while (::read(ends[0], &byte, 1) == 1 && !(byte == '\n' && told_.ends_with('\n'))) told_ += byte;
    ::close(ends[0]);
  }
  ~Served() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  std::vector<std::string> urls() const {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < told_.size();) {
      const std::size_t end = std::min(told_.find('\n', at), told_.size());
      lines.push_back(told_.substr(at, end - at));
      at = end + 1;
    }
    return lines;
  }

 private:
  pid_t child_ = 0;
  std::string told_;
};

double cpu_us() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto micros = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return micros(used.ru_utime) + micros(used.ru_stime);
}

// Keeps so many calls in flight until `count` have been answered.
class Stream {
 public:
  Stream(HttpClient& client, int count) : client_(client), left_(count), awaited_(count) {}

  void run(int in_flight) {
    for (int i = 0; i < in_flight; ++i) next();
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return awaited_ == 0; });
  }
  int failed() const { return failed_; }

 private:
  void next() {
    if (left_.fetch_sub(1) <= 0) return;
    launch(client_.call({"GET", "/"}, Clock::now() + std::chrono::seconds{60}), resume_at_once,
           [this](const Result<HttpResponse>& answer) {
             if (!answer) ++failed_;
             next();
             const std::scoped_lock lock(mutex_);
             if (--awaited_ == 0) ended_.notify_one();
           });
  }

  HttpClient& client_;
  std::atomic<int> left_, failed_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
  int awaited_;
};

void measure_calls(bool tls, int delay_ms, const std::string& ca_file) {
  const Served served([&](std::shared_ptr<void>* kept) {
    FakeServer::Options options;
    std::shared_ptr<SSL_CTX> context;
    if (tls) {
      const Certificate certificate = make_certificate({.names = "IP:127.0.0.1", .is_authority = true});
      write_pem(certificate, ca_file);
      context = server_context(certificate);
      options.tls = context.get();
    }
    auto server = std::make_shared<FakeServer>(
        [delay_ms, context](const Received&, Wire& wire) {
          if (delay_ms > 0) ::usleep(static_cast<useconds_t>(delay_ms) * 1000);
          wire.send(reply(200, R"({"status":"active"})"));
        },
        options);
    *kept = server;
    return (tls ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(server->port()) + "\n";
  });
  // Of its own, so that no kept connection of the last measurement is cleared away in this one.
  HttpClient client({parse_url(served.urls().at(0)).value(), tls ? ca_file : ""},
                    std::make_shared<Transfers>());
  for (const int in_flight : {1, 64, 1000}) {
    const int count = delay_ms > 0 ? std::max(20, in_flight * 3) : std::max(2000, in_flight * 5);
    Stream warm(client, in_flight);
    warm.run(in_flight);
    const double cpu = cpu_us();
    const auto begun = Clock::now();
    Stream stream(client, count);
    stream.run(in_flight);
    const double wall = Micros(Clock::now() - begun).count();
    std::printf("| %s | %d ms | %d | %.1f | %.1f | %d |\n", tls ? "TLS" : "plain", delay_ms, in_flight,
                wall / count, (cpu_us() - cpu) / count, stream.failed());
    std::fflush(stdout);
  }
}

// The median of several rounds, each with so many calls a hundred at a time.
double hundred_us(HttpClient& client, int rounds, int calls) {
  std::vector<double> took;
  for (int i = 0; i < rounds; ++i) {
    const auto begun = Clock::now();
    Stream stream(client, calls);
    stream.run(100);
    took.push_back(Micros(Clock::now() - begun).count() / calls);
  }
  std::sort(took.begin(), took.end());
  return took.at(took.size() / 2);
}

// A server that takes 100 ms for each answer.
std::string slow_server(std::shared_ptr<void>* kept) {
  auto server = std::make_shared<FakeServer>([](const Received&, Wire& wire) {
    ::usleep(100'000);
    wire.send(reply(200, R"({"status":"active"})"));
  });
  *kept = server;
  return server->url() + "\n";
}

void print_beside(const char* server, double alone, double beside) {
  std::printf("100 in flight at a server that takes %s: %.1f us a call alone, %.1f us beside (%+.1f %%)\n",
              server, alone, beside, (beside / alone - 1) * 100);
}

void measure_hanging() {
  const Served served([](std::shared_ptr<void>* kept) {
    auto server = std::make_shared<HangingServer>();
    *kept = server;
    std::string urls;
    for (std::size_t way = 0; way < ways; ++way) urls += server->url(static_cast<Way>(way)) + "\n";
    return urls;
  });
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (const std::string& url : served.urls())
    clients.push_back(std::make_unique<HttpClient>(HttpOptions{parse_url(url).value(), {}}));
  clients.push_back(std::make_unique<HttpClient>(HttpOptions{parse_url("http://name.never").value(), {}}));
  HttpClient& answering = *clients.at(static_cast<std::size_t>(Way::answers));
  const Served slow(slow_server);
  HttpClient slowly({parse_url(slow.urls().at(0)).value(), {}});
  static_cast<void>(hundred_us(answering, 3, 1000));
  static_cast<void>(hundred_us(slowly, 1, 100));
  const double alone = hundred_us(answering, 21, 1000);
  const double slow_alone = hundred_us(slowly, 11, 300);
  std::atomic<int> hanging{0};
  std::atomic<std::int64_t> latest_ms{0};
  const auto deadline = Clock::now() + std::chrono::seconds{20};
  for (int i = 0; i < 100; ++i) {
    for (const auto& client : clients) {
      if (client.get() == &answering) continue;
      ++hanging;
      launch(
          client->call({"POST", "/", {}, "{}"}, deadline), resume_at_once, [&](const Result<HttpResponse>&) {
            const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - deadline);
            if (late.count() > latest_ms) latest_ms = late.count();
            --hanging;
          });
    }
  }
  ::sleep(1);
  const double beside = hundred_us(answering, 21, 1000);
  const double slow_beside = hundred_us(slowly, 11, 300);
  const int still = hanging;
  while (hanging > 0) ::usleep(1000);
  std::printf("\nBeside %d calls that hang, of which the last ended %lld ms after its limit:\n", still,
              static_cast<long long>(latest_ms));
  print_beside("no time", alone, beside);
  print_beside("100 ms", slow_alone, slow_beside);
}

}  // namespace

int main() {
  raise_descriptors();
  const std::string ca_file = "/tmp/keeper-calls-bench-" + std::to_string(::getpid()) + ".pem";
  std::printf("| | server takes | in flight | wall us | CPU us | failed |\n|---|---|---|---|---|---|\n");
  for (const bool tls : {false, true}) {
    for (const int delay_ms : {0, 100}) measure_calls(tls, delay_ms, ca_file);
  }
  ::unlink(ca_file.c_str());
  measure_hanging();
  return 0;
}
