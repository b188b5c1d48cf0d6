#include "webhook/webhook_listener.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/thread_name.h"
#include "webhook/connection_table.h"

namespace keeper {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int backlog = 4096;
constexpr int accepts_per_turn = 64;  // then other connections are served

// select(), which cpp-httplib uses for its own sockets, cannot handle descriptors from this number on. Where
// the process may have many, this listener's descriptors are moved above it, so that its clients never use up
// the low ones.
constexpr int lowest_descriptor = 1024;
constexpr int descriptors_spared = 64;

struct Descriptors {
  std::size_t connections_max = 0;
  bool move_up = false;
};

Descriptors descriptors_for(std::size_t wanted) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return {wanted, false};
  const std::size_t most = files.rlim_cur;
  const std::size_t above = most - std::min<std::size_t>(most, lowest_descriptor + descriptors_spared);
  if (above >= std::min(wanted, most / 2)) return {std::min(wanted, above), true};
  return {std::min(wanted, std::max<std::size_t>(16, most / 2)), false};
}

Error cannot_listen(const Address& address, const error_code& why) {
  return {ErrorKind::not_applied,
          "webhook.listen: cannot listen on " + to_string(address) + ": " + why.message()};
}

}  // namespace

struct WebhookListener::Threads {
  Threads(WebhookPorts given_ports, WebhookLimits given_limits)
      : ports(std::move(given_ports)),
        limits(given_limits),
        pool(limits.verification_threads),
        table(io, pool, ports, limits, counters),
        acceptor(io),
        pause(io) {
    const Descriptors descriptors = descriptors_for(limits.connections_max);
    limits.connections_max = descriptors.connections_max;
    moves_up = descriptors.move_up;
  }

  Status open(const Address& listen, int inherited);
  error_code bind(const tcp::endpoint& endpoint);
  Status adopt(const Address& listen, const tcp::endpoint& endpoint, int inherited);
  void accept();
  void accept_waiting();
  void run();
  void pause_accepting();

  const WebhookPorts ports;
  WebhookLimits limits;
  LiveCounters counters;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::thread_pool pool;
  ConnectionTable table;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  tcp protocol = tcp::v4();
  bool moves_up = false;
  Address address;
  std::thread thread;
  std::atomic<bool> listening{false};
};

error_code WebhookListener::Threads::bind(const tcp::endpoint& endpoint) {
  error_code failed;
  acceptor.open(protocol, failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(backlog, failed);
  return failed;
}

// Connections are queued on it while no daemon runs, so it must have the address that the configuration
// names.
Status WebhookListener::Threads::adopt(const Address& listen, const tcp::endpoint& endpoint, int inherited) {
  error_code failed;
  acceptor.assign(protocol, inherited, failed);
  if (failed) return cannot_listen(listen, failed);
  const tcp::endpoint found = acceptor.local_endpoint(failed);
  if (!failed && found == endpoint) return Done{};
  return Error{
      ErrorKind::malformed,
      "webhook.listen is " + to_string(listen) + ", but the service manager passes a socket of " +
          (failed ? "another family" : to_string(Address{found.address().to_string(), found.port()})) +
          "; give ListenStream= of session-keeper.socket the same address"};
}

Status WebhookListener::Threads::open(const Address& listen, int inherited) {
  error_code failed;
  const std::string host = listen.host == "localhost" ? "127.0.0.1" : listen.host;
  const auto ip = asio::ip::make_address(host, failed);
  if (failed) return cannot_listen(listen, failed);
  const tcp::endpoint endpoint(ip, static_cast<std::uint16_t>(listen.port));
  protocol = endpoint.protocol();
  if (inherited >= 0) {
    if (Status adopted = adopt(listen, endpoint, inherited); !adopted) return adopted;
  } else {
    failed = bind(endpoint);
  }
  if (!failed) acceptor.native_non_blocking(true, failed);
  if (failed) return cannot_listen(listen, failed);
  address = {listen.host, acceptor.local_endpoint(failed).port()};
  if (failed) return cannot_listen(listen, failed);
  return Done{};
}

void WebhookListener::Threads::accept() {
  if (!acceptor.is_open()) return;
  if (!table.has_capacity()) {
    table.when_capacity([this] { accept(); });
    return;
  }
  acceptor.async_wait(tcp::acceptor::wait_read, [this](error_code failed) {
    if (!failed) accept_waiting();
  });
}

// Not with async_accept, because a descriptor can only be moved before Asio adds it to its epoll set.
void WebhookListener::Threads::accept_waiting() {
  for (int turn = 0; turn < accepts_per_turn && table.has_capacity(); ++turn) {
    tcp::endpoint peer;
    auto peer_bytes = static_cast<socklen_t>(peer.capacity());
    int client = ::accept4(acceptor.native_handle(), peer.data(), &peer_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
      return pause_accepting();
    }
    if (client < 0) break;
    if (moves_up) {
      const int moved = ::fcntl(client, F_DUPFD_CLOEXEC, lowest_descriptor);
      if (moved >= 0) ::close(std::exchange(client, moved));
    }
    tcp::socket socket(io);
    error_code failed;
    socket.assign(protocol, client, failed);
    if (failed) {
      ::close(client);
      return pause_accepting();
    }
    table.admit(std::move(socket), peer.address());
  }
  accept();
}

// The process is out of descriptors or memory: evict a connection, and try again a little later.
void WebhookListener::Threads::pause_accepting() {
  table.evict_one();
  pause.expires_after(Millis{20});
  pause.async_wait([this](error_code cancelled) {
    if (!cancelled) accept();
  });
}

// Only a lack of memory is thrown here. The connection that it happened to is closed at its deadline; the
// others go on.
void WebhookListener::Threads::run() {
  // OpenSSL writes with write(), which raises SIGPIPE.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception&) {
      counters.count(WebhookCounter::unavailable);
    }
  }
}

Result<std::unique_ptr<WebhookListener>> WebhookListener::start(const Address& listen, WebhookPorts ports,
                                                                WebhookLimits limits, ServerTls tls,
                                                                int inherited) {
  auto threads = std::make_unique<Threads>(std::move(ports), limits);
  threads->table.use(std::move(tls));
  if (Status opened = threads->open(listen, inherited); !opened) return opened.error();
  threads->accept();
  threads->listening = true;
  threads->thread = std::thread([&all = *threads] {
    name_thread("webhook");
    all.run();
  });
  return std::unique_ptr<WebhookListener>(new WebhookListener(std::move(threads)));
}

WebhookListener::WebhookListener(std::unique_ptr<Threads> threads) : threads_(std::move(threads)) {}

WebhookListener::~WebhookListener() { stop(Millis::zero()); }

int WebhookListener::port() const { return threads_->address.port; }

void WebhookListener::use(ServerTls tls) {
  asio::post(threads_->io,
             [&table = threads_->table, tls = std::move(tls)]() mutable { table.use(std::move(tls)); });
}

WebhookFacts WebhookListener::facts() const {
  WebhookFacts facts;
  facts.listening = threads_->listening;
  facts.address = to_string(threads_->address);
  threads_->counters.copy_to(facts);
  return facts;
}

void WebhookListener::stop(Millis grace) {
  Threads& threads = *threads_;
  if (!threads.thread.joinable()) return;
  threads.listening = false;
  asio::post(threads.io, [&threads, grace] {
    error_code ignored;
    threads.acceptor.close(ignored);
    threads.pause.cancel();
    threads.table.shut_down(grace, [&threads] { threads.work.reset(); });
  });
  threads.thread.join();
  threads.table.drop_completions();
  threads.pool.join();
}

}  // namespace keeper
