#include "net/kept_sockets.h"

#include <poll.h>

namespace keeper {
namespace {

std::string address_text(const char* ip, long port) { return std::string(ip) + " " + std::to_string(port); }

}  // namespace

// libcurl names the socket only once a call has ended, and the address only before.
void KeptSockets::note(CURL* ended) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  const char* ip = nullptr;
  long port = 0;
  const bool is_kept = curl_easy_getinfo(ended, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK &&
                       curl_easy_getinfo(ended, CURLINFO_LOCAL_IP, &ip) == CURLE_OK &&
                       curl_easy_getinfo(ended, CURLINFO_LOCAL_PORT, &port) == CURLE_OK;
  if (is_kept && socket != CURL_SOCKET_BAD && ip != nullptr) by_address_[address_text(ip, port)] = socket;
}

// A second answer, a 408 for an idle connection, the end of a TLS session. libcurl 7.88 sees that the
// connection is still open, and no more.
bool KeptSockets::has_input(const char* local_ip, int local_port) const {
  const auto found = by_address_.find(address_text(local_ip, local_port));
  if (found == by_address_.end()) return false;
  pollfd waited{found->second, POLLIN, 0};
  return ::poll(&waited, 1, 0) != 0;
}

}  // namespace keeper
