// Exchange: one HTTP request and its answer, as libcurl carries them out. It owns all that libcurl refers to
// while the call is under way. It is made by any thread, used by the thread of Transfers, and read again by
// whoever gets it back; never by two at once.
//
// The request leaves at most once. Where a kept connection turns out to be dead before the first byte of an
// answer, libcurl would send the request again by itself; only a GET may go a second time (RFC 9110, 9.2.2).
// On a kept connection that holds bytes which nobody asked for, no request leaves: they would be taken for
// its answer. Nor does one leave that its confirmation does not admit.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "net/http_client.h"
#include "net/kept_sockets.h"

namespace keeper {

struct CurlFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

class Exchange {
 public:
  // `endpoints`: where the host is; libcurl looks up nothing. `authorities`: PEM; nothing: the system's,
  // since libcurl reads no `ca_file` here. `deadline`: of the whole call.
  Exchange(HttpRequest request, const HttpOptions& options, std::vector<Endpoint> endpoints,
           std::optional<std::string> authorities, CallDeadline deadline);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // From now on a kept connection is looked at before it is used. `kept` outlives the call.
  void heed(const KeptSockets* kept) { kept_ = kept; }

  // Null where libcurl gives no handle or refuses an option.
  CURL* handle() { return usable_ ? easy_.get() : nullptr; }

  // Once libcurl has ended it: whether the kept connection was unusable before the request left, so that the
  // handle is to be carried out again, on a new one. True at most once.
  bool wants_new_connection();

  // What the call came to, once libcurl has ended it. Errors as HttpClient::call.
  Result<HttpResponse> result(CURLcode ended);

 private:
  template <class T>
  void set(CURLoption option, T value);
  void prepare_call();
  void limit_time();
  void prepare_origin();
  void prepare_request();
  bool take_head_line(std::string_view line);
  bool take_body(std::string_view bytes);
  std::string failure(CURLcode ended) const;

  static std::size_t on_head(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static int on_request(void* self, char* ip, char* local_ip, int port, int local_port);
  static curl_socket_t on_open_socket(void*, curlsocktype, curl_sockaddr* address);
  static CURLcode on_tls(CURL*, void* context, void* self);

  const HttpRequest request_;
  const HttpOptions options_;
  const std::vector<Endpoint> endpoints_;
  std::optional<std::string> authorities_;  // libcurl refers to it
  const CallDeadline deadline_;
  std::unique_ptr<curl_slist, CurlFree> headers_;
  std::unique_ptr<curl_slist, CurlFree> resolved_;
  std::array<char, CURL_ERROR_SIZE> message_{};
  bool usable_ = true;

  const KeptSockets* kept_ = nullptr;
  int sent_ = 0;  // times that the request left, or may have
  bool held_unasked_bytes_ = false;
  bool unconfirmed_ = false;  // the last time that the request was to leave
  bool has_head_ = false;     // of the final answer
  std::size_t head_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  std::string refused_;  // why we refused what came
  HttpResponse response_;
  std::unique_ptr<CURL, CurlFree> easy_;  // the last: it refers to all the others
};

}  // namespace keeper
