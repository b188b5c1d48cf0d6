#include "cli/client.h"

#include <httplib.h>

#include <algorithm>
#include <cctype>

#include "base/time.h"

namespace keeper {
namespace {

using Json = nlohmann::json;

constexpr Seconds connect_limit{5};
constexpr Seconds read_limit{20};
constexpr Seconds reload_limit{60};  // longer than the daemon itself waits
constexpr Seconds copy_limit{600};   // until the daemon has made its copy
constexpr Seconds quiet_limit{60};   // a stream says something every few seconds
constexpr std::size_t line_bytes_max = std::size_t{1} << 20U;

httplib::Client connection(const std::string& url, Seconds limit) {
  httplib::Client client(url);
  client.set_connection_timeout(connect_limit.count());
  client.set_read_timeout(limit.count());
  client.set_follow_location(false);
  return client;
}

// The problem document's words, or the status alone.
Error refusal(int status, const std::string& body) {
  std::string what;
  const Json problem = Json::parse(body, nullptr, false);
  if (problem.is_object()) what = problem.value("detail", problem.value("title", std::string{}));
  if (what.empty()) what = "the daemon answered " + std::to_string(status);
  switch (status) {
    case 404:
      return {ErrorKind::gone, what};
    case 401:
    case 403:
      return {ErrorKind::denied, what};
    default:
      return {ErrorKind::malformed, what};
  }
}

bool is_url(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (url.rfind(scheme, 0) != 0 || url.size() == scheme.size()) return false;
  const std::string rest = url.substr(scheme.size());
  return std::none_of(rest.begin(), rest.end(), [](unsigned char c) {
    return c == '/' || c == '?' || c == '#' || c == '@' || std::isspace(c) != 0 || std::iscntrl(c) != 0;
  });
}

}  // namespace

Result<Client> Client::make(const std::string& url) {
  std::string bare = url;
  while (!bare.empty() && bare.back() == '/') bare.pop_back();
  if (!is_url(bare)) {
    return Error{ErrorKind::malformed,
                 "'" + url + "' is no address of a daemon; it looks like http://127.0.0.1:8470"};
  }
  return Client(bare);
}

Error Client::unreachable(const std::string& why) const {
  return {ErrorKind::not_applied, "no daemon answers at " + url_ + " (" + why +
                                      "); is the service running? See: systemctl status session-keeper. "
                                      "Another address: --url or SESSION_KEEPER_URL"};
}

Result<std::string> Client::get(const std::string& path, const QueryParameters& query) const {
  httplib::Client client = connection(url_, read_limit);
  const httplib::Params parameters(query.begin(), query.end());
  const httplib::Result result = client.Get(path, parameters, httplib::Headers{});
  if (!result) return unreachable(httplib::to_string(result.error()));
  if (result->status / 100 != 2) return refusal(result->status, result->body);
  return result->body;
}

Result<std::string> Client::post(const std::string& path, const Secret& token,
                                 const QueryParameters& query) const {
  httplib::Client client = connection(url_, reload_limit);
  httplib::Request request;
  request.method = "POST";
  request.path = query.empty() ? path : httplib::append_query_params(path, {query.begin(), query.end()});
  request.set_header("Authorization", "Bearer " + token.reveal());
  const httplib::Result result = client.send(request);
  if (!result) return unreachable(httplib::to_string(result.error()));
  if (result->status / 100 != 2) return refusal(result->status, result->body);
  return result->body;
}

Result<std::string> Client::post_text(const std::string& path, const Secret& token, const std::string& text,
                                      const QueryParameters& query) const {
  httplib::Client client = connection(url_, reload_limit);
  const httplib::Headers headers{{"Authorization", "Bearer " + token.reveal()}};
  const std::string target = httplib::append_query_params(path, {query.begin(), query.end()});
  const httplib::Result result = client.Post(target, headers, text, "application/yaml");
  if (!result) return unreachable(httplib::to_string(result.error()));
  if (result->status / 100 == 2) return result->body;
  Error error = refusal(result->status, result->body);
  if (error.kind == ErrorKind::malformed && result->status != 422) error.kind = ErrorKind::storage;
  return error;
}

Status Client::download(const std::string& path, const Secret& token,
                        const std::function<bool(std::string_view)>& take) const {
  httplib::Client client = connection(url_, copy_limit);
  int status = 0;
  std::string refused;
  httplib::Headers headers;
  headers.emplace("Authorization", "Bearer " + token.reveal());
  const auto begin = [&](const httplib::Response& response) {
    status = response.status;
    return true;
  };
  const auto receive = [&](const char* bytes, std::size_t size) {
    if (status / 100 == 2) return take({bytes, size});
    refused.append(bytes, size);
    return refused.size() < line_bytes_max;
  };
  const httplib::Result result = client.Get(path, headers, begin, receive);
  if (status != 0 && status / 100 != 2) return refusal(status, refused);
  if (!result && status != 0) return Error{ErrorKind::not_applied, "the daemon's answer broke off"};
  return result ? Status(Done{}) : Status(unreachable(httplib::to_string(result.error())));
}

Status Client::follow(const std::string& path, std::int64_t after_seq,
                      const std::function<bool(std::string_view)>& take) const {
  httplib::Client client = connection(url_, quiet_limit);
  int status = 0;
  std::string pending;
  bool wanted = true;
  const auto receive = [&](const char* bytes, std::size_t size) {
    pending.append(bytes, size);
    std::size_t end = 0;
    while (wanted && (end = pending.find('\n')) != std::string::npos) {
      constexpr std::string_view field = "data: ";
      const std::string_view line(pending.data(), end);
      if (status == 200 && line.substr(0, field.size()) == field) wanted = take(line.substr(field.size()));
      pending.erase(0, end + 1);
    }
    return wanted && pending.size() < line_bytes_max;
  };
  const auto begin = [&](const httplib::Response& response) {
    status = response.status;
    return true;
  };
  const httplib::Headers headers{{"Last-Event-ID", std::to_string(after_seq)}};
  const httplib::Result result = client.Get(path, headers, begin, receive);
  if (!wanted) return Done{};
  if (status != 0 && status != 200) return refusal(status, pending);
  if (status == 200) return Error{ErrorKind::not_applied, "the daemon ended the stream"};
  return unreachable(httplib::to_string(result.error()));
}

Result<Json> parse_answer(const std::string& body) {
  Json parsed = Json::parse(body, nullptr, false);
  if (parsed.is_discarded())
    return Error{ErrorKind::malformed, "what answers there is not a session-keeper daemon"};
  return parsed;
}

}  // namespace keeper
