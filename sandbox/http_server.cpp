#include "sandbox/http_server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace sandbox {
namespace {

constexpr int kBacklog = 1024;
constexpr std::size_t kMaxThreads = 512;
constexpr std::size_t kMaxBody = 1024 * 1024;
constexpr int kIdleSeconds = 30;

// Grows with the connections, since cpp-httplib holds a thread for each of them.
class GrowingPool : public httplib::TaskQueue {
 public:
  // void before cpp-httplib 0.15, bool since.
  using Taken = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::function<void()>()));

  Taken enqueue(std::function<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
      if (tasks_.size() > idle_ && threads_.size() < kMaxThreads) threads_.emplace_back([this] { run(); });
    }
    wake_.notify_one();
    return static_cast<Taken>(true);
  }

  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      wake_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      --idle_;
      if (tasks_.empty()) return;
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool ending_ = false;
};

struct Ends {
  int local_port = 0;
  int remote_port = 0;
  std::string remote_address;
};

int port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

std::string address_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const void* bytes = address.ss_family == AF_INET
                          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr)
                          : &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  inet_ntop(address.ss_family, bytes, text, sizeof text);
  return text;
}

// The ends of a connected TCP socket; ports 0 for anything else.
Ends ends_of(int descriptor) {
  sockaddr_storage local{};
  sockaddr_storage remote{};
  socklen_t length = sizeof local;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&local), &length) != 0) return {};
  length = sizeof remote;
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&remote), &length) != 0) return {};
  if (port_of(local) == 0) return {};
  return {port_of(local), port_of(remote), address_of(remote)};
}

std::vector<int> open_descriptors() {
  std::vector<int> all;
  DIR* directory = opendir("/proc/self/fd");
  if (!directory) return all;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] != '.') all.push_back(std::atoi(entry->d_name));
  }
  closedir(directory);
  return all;
}

}  // namespace

class HttpServer::Listener : public httplib::Server {
 public:
  // cpp-httplib listens with a backlog of 5.
  void deepen_backlog() { ::listen(svr_sock_, kBacklog); }
};

HttpServer::HttpServer(const std::string& host, int port, Serve serve)
    : listener_(std::make_unique<Listener>()) {
  Listener& server = *listener_;
  server.new_task_queue = [] { return new GrowingPool; };
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(100000000);
  server.set_keep_alive_timeout(kIdleSeconds);
  server.set_read_timeout(kIdleSeconds);
  server.set_write_timeout(kIdleSeconds);
  server.set_payload_max_length(kMaxBody);
  // Not SO_REUSEPORT, with which a second sandbox would share the port unnoticed.
  server.set_socket_options([](socket_t descriptor) {
    const int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  server.set_exception_handler([](const httplib::Request&, httplib::Response& answer, std::exception_ptr) {
    answer.status = 500;
    answer.set_content("{\"message\":\"the sandbox failed\"}", "application/json");
  });
  // A body without a length is waited for until the time limit, and curl -X POST sends neither.
  server.set_pre_routing_handler([serve](const httplib::Request& in, httplib::Response& out) {
    using Response = httplib::Server::HandlerResponse;
    if (in.has_header("Content-Length") || in.has_header("Transfer-Encoding")) return Response::Unhandled;
    serve(in, out);
    return Response::Handled;
  });
  constexpr const char* kAny = R"([\s\S]*)";
  server.Get(kAny, serve);
  server.Post(kAny, serve);
  server.Put(kAny, serve);
  server.Patch(kAny, serve);
  server.Delete(kAny, serve);
  server.Options(kAny, serve);
  port_ = port;
  const bool bound =
      port == 0 ? (port_ = server.bind_to_any_port(host)) > 0 : server.bind_to_port(host, port);
  if (!bound) {
    throw std::runtime_error("cannot listen on " + host + ":" + std::to_string(port) +
                             "; is the port taken, or the address not this machine's?");
  }
  server.deepen_backlog();
}

HttpServer::~HttpServer() { stop(); }

void HttpServer::start() {
  thread_ = std::thread([this] { listener_->listen_after_bind(); });
  // stop() does nothing to a server that is not running yet.
  while (!listener_->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void HttpServer::stop() {
  if (!thread_.joinable()) return;
  listener_->stop();
  // Threads that wait for a next request see the end of the stream now instead of at their timeout.
  for (const int descriptor : open_descriptors()) {
    const Ends ends = ends_of(descriptor);
    if (ends.local_port == port_) ::shutdown(descriptor, SHUT_RDWR);
  }
  thread_.join();
}

void set_body(httplib::Response& out, std::string body, const std::string& type) {
  const std::size_t length = body.size();
  if (length == 0) return;
  out.set_content_provider(
      length, type.c_str(),
      [body = std::move(body)](std::size_t offset, std::size_t count, httplib::DataSink& sink) {
        return sink.write(body.data() + offset, count);
      });
}

void reset_connection(const httplib::Request& request) {
  for (const int descriptor : open_descriptors()) {
    const Ends ends = ends_of(descriptor);
    const bool same = ends.local_port == request.local_port && ends.remote_port == request.remote_port &&
                      ends.remote_address == request.remote_addr;
    if (!same) continue;
    // Disconnecting a TCP socket sends a reset at once, whatever is written to it afterwards.
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    if (connect(descriptor, &none, sizeof none) != 0) ::shutdown(descriptor, SHUT_RDWR);
    return;
  }
}

}  // namespace sandbox
