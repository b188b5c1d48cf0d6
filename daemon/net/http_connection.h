// One connection of an HttpClient. cpp-httplib writes the request and reads the answer, but on a socket of
// our own, because its own sockets keep neither our deadlines nor our limits nor our rules for TLS. One
// thread at a time may use it.
#pragma once

#include <httplib.h>

#include <string>

#include "net/http_client.h"
#include "net/transport.h"

namespace keeper {

class HttpConnection : private httplib::ClientImpl {
 public:
  explicit HttpConnection(const Url& url);
  ~HttpConnection() override;
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // False: failure() says why, and the connection is of no more use.
  bool open(const std::vector<Endpoint>& endpoints, SSL_CTX* tls, CallDeadline deadline);

  // False: no head of an answer came.
  bool exchange(const HttpRequest& request, CallDeadline deadline, HttpResponse* response);

  bool is_reusable();  // open, and nothing unread
  bool has_sent() const { return transport_.has_sent(); }
  bool has_received() const { return received_; }  // a byte of the last answer
  const std::string& failure() const { return failure_; }

 private:
  class Exchange;

  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override;
  void shutdown_ssl(Socket& socket, bool gracefully) override;
  bool process_socket(const Socket& socket, std::function<bool(httplib::Stream&)> callback) override;

  const Url url_;
  Transport transport_;
  bool opened_ = false;  // the socket waits to be handed to ClientImpl
  bool received_ = false;
  bool has_leftover_ = false;
  std::string failure_;
  Exchange* exchange_ = nullptr;
};

}  // namespace keeper
