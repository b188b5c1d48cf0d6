// A scripted server on a loopback port, a thread a connection: it can be silent, drip, reset, and speak TLS.
// Made and stopped by the test; the script is called by its threads.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace keeper::test {

struct Received {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
  std::string head;  // as it came
};

class FakeServer;

// One accepted connection.
class Wire {
 public:
  Wire(FakeServer& server, int socket, SSL* ssl) : server_(server), socket_(socket), ssl_(ssl) {}

  bool send(const std::string& bytes);
  // Byte by byte, until the client is gone or the server stops.
  void drip(const std::string& bytes, std::chrono::milliseconds pause);
  void hold();    // silent until the client is gone or the server stops
  void reset();   // RST
  void finish();  // sends no more: FIN, and goes on reading
  void close();
  bool is_open() const { return open_; }
  bool receive(std::string* pending, Received* request);
  void pause(std::chrono::milliseconds length) const;

 private:
  ssize_t read(char* to, std::size_t count);

  FakeServer& server_;
  int socket_;
  SSL* ssl_;
  bool open_ = true;
};

class FakeServer {
 public:
  using Script = std::function<void(const Received&, Wire&)>;
  struct Options {
    SSL_CTX* tls = nullptr;
    std::function<void(Wire&)> on_connect{};  // before anything is read
  };

  explicit FakeServer(Script script);
  FakeServer(Script script, Options options);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  int port() const { return port_; }
  std::string url() const;  // "http://127.0.0.1:PORT"
  int connections() const { return connections_; }
  std::vector<Received> requests() const;
  bool is_stopping() const { return stopping_; }

 private:
  void accept_all();
  void serve(int socket);

  Script script_;
  Options options_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::vector<Received> requests_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// "HTTP/1.1 200 OK", the body's length and type, and `headers` ("Name: value\r\n" each).
std::string reply(int status, const std::string& body, const std::string& headers = "",
                  const std::string& type = "application/json");

}  // namespace keeper::test
