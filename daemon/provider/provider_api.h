// Provider API: the calls of one adapter over HTTP. It adds the authorization, follows the one redirect that
// is allowed, judges each answer, and keeps credentials out of every text. Any thread may call it, several at
// once, and none is blocked. A call ends by the visit's deadline, and is never repeated. What it is given
// must live until then.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "provider/call_recorder.h"
#include "provider/provider.h"
#include "provider/refusal.h"
#include "settings/settings.h"

namespace keeper {

// The calls that carry out one effect: they share a deadline, and learn the provider's clock.
struct Visit {
  CallDeadline deadline;
  std::optional<Wall> provider_now;
  std::vector<std::string> secrets;  // what this visit sends beside the credentials
  // Must admit what starts or changes something; null: nothing has to.
  Confirmation* confirmation = nullptr;
  std::optional<std::string> authorization{};  // of this visit alone, instead of the provider's
};

struct ProviderCall {
  Purpose purpose = Purpose::read;
  std::string method;
  std::string path;  // below the base URL, with the query
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::size_t body_bytes_max = std::size_t{1} << 20U;
  bool discard_body = false;
};

// `json`: what a 2xx said; null for an empty one. `status`: 0 if no answer came.
struct ProviderAnswer {
  int status = 0;
  Result<Json> json;
  bool is_empty = false;  // a 2xx without a body
  HeaderLines headers{};
};

// What one provider says otherwise than HTTP does: a function of that provider's folder, asked before an
// answer is judged by its status. It may return the error that the answer stands for, or correct the status.
// `json` is null where the body is no JSON or is not wanted.
//
//   Notte:    200 {"detail": "busy", "status": 529}   is a 529
//   Sonoran:  200 Backend Service Reached             is a path at which nothing is served
using OddAnswer = std::optional<Error> (*)(HttpResponse& response, const Json* json, Purpose purpose,
                                           Wall now);

class ProviderApi {
 public:
  using Authorization = std::function<std::string()>;  // the header's value; empty: no such header

  // `odd_answer`: null for a provider whose answers mean what their statuses say.
  ProviderApi(const ProviderSettings& settings, Authorization authorization, OddAnswer odd_answer = nullptr);

  // With the whole request timeout ahead.
  Visit begin(Confirmation* confirmation = nullptr) const;
  Visit begin(const Effect& effect) const;  // with less of it where the effect is to be answered sooner
  Task<ProviderAnswer> ask(Visit& visit, const ProviderCall& call);
  // For a heartbeat: leaves a third of the visit's time for the read that tells whether it counted, and no
  // more: where reads hang, the next heartbeats wait for the calls that they hold.
  Task<ProviderAnswer> ask_leaving_time(Visit& visit, const ProviderCall& call);

  // Whether the credentials are accepted: any answer of the application but 401 and 403 says so.
  Task<Result<Checked>> probe(const ProviderCall& call);

  // Foreign text for a row or a log: printable, cut, and with the credentials blotted out.
  std::string harmless(const Visit& visit, std::string text) const;
  // "browsers: POST /sessions/start: ..."
  Error explain(const Visit& visit, const ProviderCall& call, Error error) const;

 private:
  void make_client(const ProviderSettings& settings);
  Task<Result<HttpResponse>> send(Visit& visit, const ProviderCall& call);
  ProviderAnswer judge(const Visit& visit, const ProviderCall& call, HttpResponse response) const;
  std::optional<std::string> redirected(const HttpResponse& response) const;

  const ProviderName name_;
  const Millis request_timeout_;
  const Authorization authorization_;
  const OddAnswer odd_answer_;
  const std::vector<Secret> credentials_;
  const std::shared_ptr<CallRecorder> recorder_;
  std::optional<Url> url_;
  std::optional<HttpClient> client_;
  std::string unusable_;  // why no call can be made; empty: it can
};

// A whole number of minutes; empty where it is none, not positive, or beyond a century.
std::optional<Millis> minutes_at(const Json& object, const char* name);

Reply reply_of(const Visit& visit, Result<Remote> remote);

// After a heartbeat that failed so, to read would ask again before the time, or in vain.
bool is_vain_to_read(ErrorKind kind);

// Whether a stop was answered so that the session itself must say whether it ended: any refusal may come
// after the effect, such as a 409 or a 500. False where nothing was answered, and where the next call would
// be refused as well.
bool must_read_after_stop(const ProviderAnswer& answer);

// What a read after such a stop makes of it. A session that still lives leaves the refusal, so that the stop
// is asked for again.
Result<Remote> confirmed_end(const Error& refused, Result<Remote> read);

// Where the provider says that a timeout passed, not which: the one that ends first (Notte: lifecycle.mdx).
// Empty where the answer does not tell enough.
std::optional<Reason> reason_of_timeout(const Remote& remote);

}  // namespace keeper
