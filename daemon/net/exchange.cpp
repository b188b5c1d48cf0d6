#include "net/exchange.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t head_bytes_max = 64U << 10U;
constexpr std::size_t beginning = 64;  // kept of a body that is discarded

// "HTTP/1.1 200 OK": the status, or 0 for anything else. libcurl takes more for a status line.
int status_in(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (line.substr(0, 5) != "HTTP/" || space == std::string_view::npos) return 0;
  const std::string_view code = line.substr(space + 1, 3);
  const std::string_view rest = line.substr(std::min(space + 1 + code.size(), line.size()));
  const bool is_code = code.size() == 3 && code.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_code || rest.empty() || std::string_view(" \r\n").find(rest.front()) == std::string_view::npos)
    return 0;
  return (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return inet_pton(AF_INET, host.c_str(), parsed.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), parsed.data()) == 1;
}

// As CURLOPT_RESOLVE has it: HOST:PORT:ADDRESS[,ADDRESS].
std::string resolved_text(const Url& url, const std::vector<Endpoint>& endpoints) {
  std::string addresses;
  for (const Endpoint& one : endpoints) {
    const auto* address = reinterpret_cast<const sockaddr*>(&one.address);
    std::array<char, NI_MAXHOST> name{};
    if (::getnameinfo(address, one.length, name.data(), name.size(), nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    const std::string text(name.data());
    addresses += (addresses.empty() ? "" : ",") + (address->sa_family == AF_INET6 ? "[" + text + "]" : text);
  }
  return url.host + ":" + std::to_string(url.port) + ":" + addresses;
}

}  // namespace

Exchange::Exchange(HttpRequest request, const HttpOptions& options, std::vector<Endpoint> endpoints,
                   std::optional<std::string> authorities, CallDeadline deadline)
    : request_(std::move(request)),
      options_(options),
      endpoints_(std::move(endpoints)),
      authorities_(std::move(authorities)),
      deadline_(deadline),
      easy_(curl_easy_init()) {
  usable_ = easy_ != nullptr;
  if (!usable_) return;
  prepare_call();
  prepare_origin();
  prepare_request();
}

template <class T>
void Exchange::set(CURLoption option, T value) {
  usable_ = usable_ && curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
}

// libcurl counts from when it is given the handle.
void Exchange::limit_time() {
  // Its timer may fire almost a millisecond early; nothing of the time for the next call is to be left.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count() + 1;
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(left, 1)));
}

// What holds for every call: nothing of the environment, no redirect, no cookie, no repetition.
void Exchange::prepare_call() {
  limit_time();
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, message_.data());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_VERSION,
      static_cast<long>(options_.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PREREQFUNCTION, on_request);
  set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  set(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  set(CURLOPT_HEADERFUNCTION, on_head);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  const auto idle_max = std::chrono::floor<std::chrono::seconds>(request_.idle_max).count();
  if (idle_max > 0) {
    set(CURLOPT_MAXAGE_CONN, static_cast<long>(idle_max));
  } else {
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
  }
}

void Exchange::prepare_origin() {
  set(CURLOPT_PROXY, options_.proxy ? options_.proxy->text.reveal().c_str() : "");
  // What a proxy answers to CONNECT is not the answer to the request.
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // The target goes as it is written; libcurl would encode some of it again. A proxy that is asked for a
  // plain origin is told the whole URL (RFC 9112, 3.2.2).
  const bool is_whole = options_.proxy && !options_.url.tls;
  set(CURLOPT_URL, (options_.url.origin() + "/").c_str());
  set(CURLOPT_REQUEST_TARGET, ((is_whole ? options_.url.origin() : "") + request_.target).c_str());
  const Url& peer = connected_to(options_);
  if (!is_address(peer.host)) {
    resolved_.reset(curl_slist_append(nullptr, resolved_text(peer, endpoints_).c_str()));
    set(CURLOPT_RESOLVE, resolved_.get());
  }
  if (!options_.url.tls) return;
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // Without a folder of authorities libcurl keeps what it has read of the system's file.
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  if (authorities_) {
    curl_blob pem{authorities_->data(), authorities_->size(), CURL_BLOB_NOCOPY};
    set(CURLOPT_CAINFO_BLOB, &pem);
  }
  set(CURLOPT_SSL_CTX_FUNCTION, on_tls);
  set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(this));
}

void Exchange::prepare_request() {
  std::vector<std::string> headers{"Host: " + options_.url.authority, "User-Agent: session-keeper",
                                   "Accept: application/json", "Accept-Encoding: identity", "Expect:"};
  headers.emplace_back(request_.body.empty() ? "Content-Type:" : "Content-Type: application/json");
  for (const auto& [name, value] : request_.headers) {
    const auto own = std::find_if(headers.begin(), headers.end(), [&name = name](const std::string& line) {
      return equal_ignoring_case(std::string_view(line).substr(0, line.find(':')), name);
    });
    // "Name;" is libcurl's way to say that the value is empty; "Name:" removes the header.
    std::string line = value.empty() ? name + ";" : name + ": " + value;
    if (own != headers.end()) {
      *own = std::move(line);
    } else {
      headers.push_back(std::move(line));
    }
  }
  for (const std::string& line : headers) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    usable_ = usable_ && longer != nullptr;
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }
  set(CURLOPT_HTTPHEADER, headers_.get());
  set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  const bool sends_length =
      request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH";
  if (request_.body.empty() && !sends_length) return;
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  set(CURLOPT_POSTFIELDS, request_.body.data());
}

bool Exchange::wants_new_connection() {
  if (!std::exchange(held_unasked_bytes_, false)) return false;
  set(CURLOPT_FRESH_CONNECT, 1L);
  limit_time();
  return true;
}

// The last moment before a request leaves.
int Exchange::on_request(void* self, char*, char* local_ip, int, int local_port) {
  auto& exchange = *static_cast<Exchange*>(self);
  const int times_max = exchange.request_.method == "GET" ? 2 : 1;
  if (exchange.sent_ >= times_max) return CURL_PREREQFUNC_ABORT;
  long made = 0;
  curl_easy_getinfo(exchange.easy_.get(), CURLINFO_NUM_CONNECTS, &made);
  const bool is_kept = made == 0 && exchange.kept_ != nullptr;
  exchange.held_unasked_bytes_ = is_kept && exchange.kept_->has_input(local_ip, local_port);
  if (exchange.held_unasked_bytes_) return CURL_PREREQFUNC_ABORT;
  Confirmation* confirmation = exchange.request_.confirmation;
  exchange.unconfirmed_ = confirmation != nullptr && !confirmation->admits(BootClock::now());
  if (exchange.unconfirmed_) return CURL_PREREQFUNC_ABORT;
  ++exchange.sent_;
  return CURL_PREREQFUNC_OK;
}

// select(), which cpp-httplib uses for the status listener's sockets, cannot handle numbers from 1024 on. So
// a call's socket has such a number where the process may have as many.
curl_socket_t Exchange::on_open_socket(void*, curlsocktype, curl_sockaddr* address) {
  constexpr int lowest = 1024;
  const int low = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (low < 0) return CURL_SOCKET_BAD;
  const int high = ::fcntl(low, F_DUPFD_CLOEXEC, lowest);
  if (high < 0) return low;
  ::close(low);
  return high;
}

// A common name proves nothing, and a wildcard stands for a whole label.
CURLcode Exchange::on_tls(CURL*, void* context, void* self) {
  const std::string& host = static_cast<Exchange*>(self)->options_.url.host;
  X509_VERIFY_PARAM* expected = SSL_CTX_get0_param(static_cast<SSL_CTX*>(context));
  X509_VERIFY_PARAM_set_hostflags(expected,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str())
                                   : X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size());
  return set == 1 ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

bool Exchange::take_head_line(std::string_view line) {
  head_bytes_ += line.size();
  if (head_bytes_ > head_bytes_max) {
    refused_ = "the answer's head is too large";
    return false;
  }
  if (has_head_) return true;  // a trailer
  if (line.substr(0, 5) == "HTTP/") {
    response_.status = status_in(line);
    response_.headers.clear();
    if (response_.status == 0) refused_ = "not understood as HTTP";
    return response_.status != 0;
  }
  if (line == "\r\n" || line == "\n") {
    has_head_ = response_.status >= 200;
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  const std::string_view spaces = " \t\r\n";
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(spaces), value.size()));
  value = value.substr(0, value.find_last_not_of(spaces) + 1);
  const std::string_view name = line.substr(0, colon);
  if (equal_ignoring_case(name, "content-length") && response_.header(name).value_or(value) != value) {
    refused_ = "two lengths that differ";  // RFC 9112, 6.3: nobody knows where the answer ends
    return false;
  }
  response_.headers.emplace_back(name, value);
  return true;
}

bool Exchange::take_body(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (body_bytes_ > request_.body_bytes_max) {
    refused_ = "the answer is too large";
    return false;
  }
  const bool discard = request_.discard_body && response_.status >= 200 && response_.status < 300;
  const std::size_t kept = discard ? beginning - std::min(beginning, response_.body.size()) : bytes.size();
  response_.body.append(bytes.substr(0, kept));
  return true;
}

std::size_t Exchange::on_head(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<Exchange*>(self)->take_head_line({bytes, size * count}) ? size * count : 0;
}

std::size_t Exchange::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<Exchange*>(self)->take_body({bytes, size * count}) ? size * count : 0;
}

std::string Exchange::failure(CURLcode ended) const {
  if (!refused_.empty()) return refused_;
  if (ended == CURLE_OPERATION_TIMEDOUT) return "no answer in time";
  long code = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &code);
  if (ended == CURLE_COULDNT_CONNECT && code != 0)
    return std::generic_category().message(static_cast<int>(code));
  if (ended == CURLE_GOT_NOTHING || (ended == CURLE_ABORTED_BY_CALLBACK && sent_ > 0))
    return "closed without an answer";
  const std::string_view said = message_.data();
  return std::string(said.empty() ? curl_easy_strerror(ended) : said);
}

Result<HttpResponse> Exchange::result(CURLcode ended) {
  if (has_head_) {
    if (ended != CURLE_OK) response_.cut_short = failure(ended);
    return std::move(response_);
  }
  const std::string& authority = options_.url.authority;
  if (sent_ > 0) return Error{ErrorKind::maybe_applied, authority + ": " + failure(ended)};
  if (unconfirmed_) {
    return Error{ErrorKind::not_applied, "nothing was sent to " + authority +
                                             ": that this process leads was not confirmed within the last " +
                                             to_text(Confirmation::life)};
  }
  if (ended == CURLE_SSL_CACERT_BADFILE)
    return Error{ErrorKind::denied, "ca_file " + options_.ca_file + " cannot be read as PEM"};
  const bool cut_off = ended == CURLE_COULDNT_CONNECT && !has_route(endpoints_);
  return Error{cut_off ? ErrorKind::cut_off : ErrorKind::not_applied,
               "cannot connect to " + authority + ": " + failure(ended)};
}

}  // namespace keeper
