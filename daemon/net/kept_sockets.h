// KeptSockets: the sockets of connections that are kept, by their own address: libcurl names no more than
// that before a request leaves. The thread of Transfers alone uses it. An entry whose connection was closed
// says nothing.
#pragma once

#include <curl/curl.h>

#include <string>
#include <unordered_map>

namespace keeper {

class KeptSockets {
 public:
  void note(CURL* ended);
  // Whether something has come on the connection. False for one that is not known.
  bool has_input(const char* local_ip, int local_port) const;

 private:
  std::unordered_map<std::string, curl_socket_t> by_address_;
};

}  // namespace keeper
