#include "status/status_listener.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/problem_document.h"
#include "status/event_stream.h"
#include "status/host_check.h"
#include "status/http_api.h"

namespace keeper {
namespace {

constexpr std::size_t threads = 24;
constexpr int backlog = 1024;
constexpr std::size_t requests_per_connection = 1'000'000;
constexpr int keep_alive_seconds = 2;  // an idle connection occupies a thread, and delays a stop, for so long
constexpr int stall_seconds = 5;       // without a byte within a request or an answer
constexpr std::size_t piece_bytes = 64 * 1024;

using Handled = httplib::Server::HandlerResponse;

// cpp-httplib listens with a backlog of 5.
class LoopbackServer : public httplib::Server {
 public:
  void deepen_backlog() { ::listen(svr_sock_, backlog); }
};

std::string why_not(const Address& address) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_in);
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  const auto port = htons(static_cast<std::uint16_t>(address.port));
  if (inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = port;
    size = sizeof(sockaddr_in6);
  } else if (inet_pton(AF_INET, address.host == "localhost" ? "127.0.0.1" : address.host.c_str(),
                       &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = port;
  } else {
    return "it is not an IP address";
  }
  const int probe = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return std::strerror(errno);
  const int failed = ::bind(probe, reinterpret_cast<const sockaddr*>(&storage), size) == 0 ? 0 : errno;
  ::close(probe);
  return failed == 0 ? "it is free now; try again" : std::strerror(failed);
}

void set_head(httplib::Response& response, const ApiAnswer& answer) {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  response.set_header("Cache-Control", "no-store");
  response.set_header("X-Content-Type-Options", "nosniff");
}

void set_answer(httplib::Response& response, const ApiAnswer& answer) {
  set_head(response, answer);
  response.set_content(answer.body, answer.content_type.c_str());
}

// Closes the connection after this answer; otherwise the body that follows would be read as the next request.
// A content provider that fails after its last byte is the only way to make cpp-httplib close it.
void set_last_answer(httplib::Response& response, const ApiAnswer& answer) {
  response.status = answer.status;
  response.set_header("Connection", "close");
  response.set_content_provider(
      answer.body.size(), answer.content_type.c_str(),
      [body = answer.body](std::size_t offset, std::size_t, httplib::DataSink& sink) {
        sink.write(body.data() + offset, body.size() - offset);
        return false;
      });
}

// Adds the members of a JSON object as parameters. The library has read the fields of a form already. False
// where the body is neither.
bool add_members(const std::string& body, Parameters& parameters) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos || !parameters.empty()) return true;
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return false;
  for (const auto& [name, value] : json.items()) {
    if (value.is_structured()) return false;
    if (value.is_null()) continue;
    parameters.emplace(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return true;
}

// Why a request's body cannot be taken; 0 when it can.
int body_refusal(const httplib::Request& request) {
  if (request.has_header("Transfer-Encoding")) return 411;
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  if (lengths == 0) return 0;
  const auto length = lengths == 1 ? parse_number(request.get_header_value("Content-Length")) : std::nullopt;
  if (!length) return 400;
  if (*length > static_cast<std::int64_t>(body_bytes_max(request.path))) return 413;
  return *length > 0 && request.method != "POST" ? 400 : 0;
}

}  // namespace

struct StatusListener::Server {
  Server(StatusOptions given, StatusPorts ports, std::shared_ptr<History> history)
      : options(std::move(given)), api(std::move(ports), history, options.control_token), events(history) {}

  void configure();
  Status bind();
  Handled before_routing(const httplib::Request& request, httplib::Response& response);
  void route(const httplib::Request& request, httplib::Response& response);
  void stream(const httplib::Request& request, httplib::Response& response);
  void send_file(httplib::Response& response, const ApiAnswer& answer);
  int refuse_origin(const httplib::Request& request) const;

  const StatusOptions options;
  Api api;
  EventStreams events;
  LoopbackServer http;
  int port = 0;
  std::atomic<bool> ended{false};
  std::atomic<bool> stopping{false};
  std::thread thread;
};

void StatusListener::Server::configure() {
  http.new_task_queue = [] { return new httplib::ThreadPool(threads); };
  http.set_tcp_nodelay(true);
  http.set_keep_alive_max_count(requests_per_connection);
  http.set_keep_alive_timeout(keep_alive_seconds);
  http.set_read_timeout(stall_seconds, 0);
  http.set_write_timeout(stall_seconds, 0);
  http.set_payload_max_length(body_bytes_max("/api/v1/preview"));
  // Not SO_REUSEPORT, cpp-httplib's choice: with it a second daemon would share the port.
  http.set_socket_options([](int socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  http.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    return before_routing(request, response);
  });
  http.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
    route(request, response);
  });
  http.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        set_answer(response, problem(500, "the request failed inside the daemon"));
      });
  http.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (!response.has_header("Content-Type"))
      set_answer(response, problem(response.status, "the request cannot be understood"));
  });
}

// Every request is answered from here, so that the library's own rules for files, ranges and 404 never apply.
// Only a POST with a body goes on, because the library has to read the body first.
Handled StatusListener::Server::before_routing(const httplib::Request& request, httplib::Response& response) {
  // The library owns the request, where it is not const. Ranges and compression are not supported.
  auto& mutable_request = const_cast<httplib::Request&>(request);
  mutable_request.ranges.clear();
  mutable_request.headers.erase("Accept-Encoding");
  if (const int status = body_refusal(request); status != 0) {
    set_last_answer(response, problem(status, "a body must have one Content-Length of at most " +
                                                  std::to_string(body_bytes_max(request.path)) +
                                                  ", and no Transfer-Encoding"));
    return Handled::Handled;
  }
  if (const int status = refuse_origin(request); status != 0) {
    set_last_answer(response,
                    problem(status, "this Host or Origin is neither loopback nor in status.allowed_hosts"));
    return Handled::Handled;
  }
  const bool has_body =
      request.get_header_value("Content-Length").find_first_not_of('0') != std::string::npos;
  if (request.method == "POST" && has_body) return Handled::Unhandled;
  if (request.path == "/api/v1/events" && request.method == "GET") {
    stream(request, response);
  } else {
    route(request, response);
  }
  return Handled::Handled;
}

int StatusListener::Server::refuse_origin(const httplib::Request& request) const {
  if (request.get_header_value_count("Host") > 1) return 400;
  if (!is_host_allowed(request.get_header_value("Host"), options.allowed_hosts)) return 403;
  const bool changes = request.method != "GET" && request.method != "HEAD";
  if (!changes || !request.has_header("Origin")) return 0;
  return is_origin_allowed(request.get_header_value("Origin"), options.allowed_hosts) ? 0 : 403;
}

void StatusListener::Server::route(const httplib::Request& request, httplib::Response& response) {
  ApiRequest asked{request.method, request.path, Parameters(request.params.begin(), request.params.end()),
                   request.get_header_value("Authorization"), request.get_header_value("If-None-Match")};
  if (takes_text(request.path)) {
    asked.body = request.body;
  } else if (!add_members(request.body, asked.parameters)) {
    return set_answer(
        response,
        problem(400, "the body must be a JSON object whose members are strings, numbers or booleans"));
  }
  const auto answer = api.answer(asked);
  if (answer->file) return send_file(response, *answer);
  set_answer(response, *answer);
}

// In pieces, so that stopping the listener ends it.
void StatusListener::Server::send_file(httplib::Response& response, const ApiAnswer& answer) {
  set_head(response, answer);
  response.set_content_provider(
      static_cast<std::size_t>(answer.file->size()), answer.content_type.c_str(),
      [this, file = answer.file](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        std::array<char, piece_bytes> piece{};
        const std::size_t count =
            file->read(static_cast<std::int64_t>(offset), piece.data(), std::min(length, piece.size()));
        return count > 0 && !stopping && sink.write(piece.data(), count);
      });
}

void StatusListener::Server::stream(const httplib::Request& request, httplib::Response& response) {
  std::optional<std::int64_t> after;
  if (request.has_header("Last-Event-ID")) {
    after = parse_number(request.get_header_value("Last-Event-ID"));
    if (!after) return set_answer(response, problem(400, "Last-Event-ID must be the seq of a transition"));
  }
  const auto begun = events.begin(after);
  if (!begun) return set_answer(response, problem(503, begun.error().what));
  if (!*begun) {
    response.set_header("Retry-After", "5");
    return set_answer(response, problem(503, "the limit of open event streams is reached; try again later"));
  }
  response.status = 200;
  response.set_header("Cache-Control", "no-store");
  response.set_header("X-Content-Type-Options", "nosniff");
  // nginx would hold events back until its buffer is full.
  response.set_header("X-Accel-Buffering", "no");
  const auto provide = [stream = *begun](std::size_t, httplib::DataSink& sink) {
    const auto text = stream->next();
    if (!text) {
      sink.done();
      return true;
    }
    return text->empty() ? sink.is_writable() : sink.write(text->data(), text->size());
  };
  // HTTP/1.0 has no chunks: there the end of the connection is the end of the stream.
  if (request.version == "HTTP/1.0") {
    response.set_content_provider("text/event-stream", provide);
  } else {
    response.set_chunked_content_provider("text/event-stream", provide);
  }
}

Status StatusListener::Server::bind() {
  const Address& at = options.listen;
  port = at.port == 0 ? http.bind_to_any_port(at.host) : (http.bind_to_port(at.host, at.port) ? at.port : -1);
  if (port <= 0) {
    return Error{ErrorKind::not_applied,
                 "status.listen: cannot listen on " + to_string(at) + ": " + why_not(at)};
  }
  http.deepen_backlog();
  return Done{};
}

Result<std::unique_ptr<StatusListener>> StatusListener::start(StatusOptions options, StatusPorts ports,
                                                              std::shared_ptr<History> history) {
  auto server = std::make_unique<Server>(std::move(options), std::move(ports), std::move(history));
  server->configure();
  if (Status bound = server->bind(); !bound) return bound.error();
  server->thread = std::thread([&all = *server] {
    all.http.listen_after_bind();
    all.ended = true;
  });
  // A stop before the loop runs would be missed.
  while (!server->http.is_running() && !server->ended) std::this_thread::sleep_for(Millis{1});
  return std::unique_ptr<StatusListener>(new StatusListener(std::move(server)));
}

StatusListener::StatusListener(std::unique_ptr<Server> server) : server_(std::move(server)) {}

StatusListener::~StatusListener() { stop(); }

int StatusListener::port() const { return server_->port; }

void StatusListener::published() { server_->events.published(); }

void StatusListener::stop() {
  if (!server_->thread.joinable()) return;
  server_->stopping = true;
  server_->events.stop();
  server_->http.stop();
  server_->thread.join();
}

}  // namespace keeper
