// One listening address with its threads: cpp-httplib, set up for many kept connections.
// start() and stop() by the owner; `serve` is called by many threads at once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sandbox {

class HttpServer {
 public:
  using Serve = std::function<void(const httplib::Request&, httplib::Response&)>;

  // Port 0 takes a free one. Throws std::runtime_error, naming the address, if it cannot be bound.
  HttpServer(const std::string& host, int port, Serve serve);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();
  // Closes all connections and ends the threads.
  void stop();
  int port() const { return port_; }

 private:
  class Listener;

  std::unique_ptr<Listener> listener_;
  int port_ = 0;
  std::thread thread_;
};

// Sends the body as it is: cpp-httplib's own set_content compresses for each client that accepts it.
void set_body(httplib::Response& out, std::string body, const std::string& type);

// Resets the connection that this request came by, so that its client gets no answer. Only from within
// the call that serves the request.
void reset_connection(const httplib::Request& request);

}  // namespace sandbox
