// Client: the HTTP client of the command line. It calls the status listener of a running daemon, which is on
// loopback, so that plain HTTP is enough. A call blocks for some seconds at most; follow() and download()
// block for as long as the daemon sends. One thread.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace keeper {

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

class Client {
 public:
  // "http://127.0.0.1:8470"; anything else than http://HOST[:PORT] is malformed.
  static Result<Client> make(const std::string& url);

  // The body of a 2xx answer. Errors: not_applied where no daemon answers; gone for a 404; denied for a 401
  // or a 403; malformed for any other refusal, with what the daemon said.
  Result<std::string> get(const std::string& path, const QueryParameters& query = {}) const;
  Result<std::string> post(const std::string& path, const Secret& token,
                           const QueryParameters& query = {}) const;

  // Posts a text. The errors are those of post(), but malformed means that the daemon refused the text (422)
  // and has its complaints, and storage means that the daemon cannot answer now.
  Result<std::string> post_text(const std::string& path, const Secret& token, const std::string& text,
                                const QueryParameters& query) const;

  // Like get(), for a path that asks for the token. The body goes to `take` piece by piece; `take` returns
  // false when it can take no more. A body that ends before its Content-Length is the error not_applied.
  Status download(const std::string& path, const Secret& token,
                  const std::function<bool(std::string_view)>& take) const;

  // Gives `take` the data of each event after `after_seq`, until the daemon ends the stream or `take` returns
  // false.
  Status follow(const std::string& path, std::int64_t after_seq,
                const std::function<bool(std::string_view)>& take) const;

  const std::string& url() const { return url_; }

 private:
  explicit Client(std::string url) : url_(std::move(url)) {}
  Error unreachable(const std::string& why) const;

  std::string url_;
};

// The answer as JSON; malformed if it is none.
Result<nlohmann::json> parse_answer(const std::string& body);

}  // namespace keeper
