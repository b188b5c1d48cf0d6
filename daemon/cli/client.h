// Client: what the command line asks of a running daemon. One thread; blocks for seconds at most, but for
// follow(). Plain HTTP: the status listener is on loopback.
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

  // The body of a 2xx. Errors: not_applied, where no daemon answers; gone for 404; denied for 401 and 403;
  // malformed for any other refusal, with what the daemon said.
  Result<std::string> get(const std::string& path, const QueryParameters& query = {}) const;
  Result<std::string> post(const std::string& path, const Secret& token,
                           const QueryParameters& query = {}) const;

  // Posts a text. Errors: as of post, but malformed means that the daemon refused the text (422), with its
  // complaints; what it cannot tell now is `storage`.
  Result<std::string> post_text(const std::string& path, const Secret& token, const std::string& text,
                                const QueryParameters& query) const;

  // As get, of what only the token opens: the body goes to `take` piece by piece, which gives false when it
  // can take no more. not_applied where it ends before its Content-Length.
  Status download(const std::string& path, const Secret& token,
                  const std::function<bool(std::string_view)>& take) const;

  // The data of each event after `after_seq`, until the daemon ends the stream or `take` gives false.
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
