#include "provider/provider_api.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "net/encoding.h"
#include "net/proxy.h"
#include "provider/credentials.h"

namespace keeper {
namespace {

// A start on a kept connection that dies under it would have to be looked up; a handshake is cheaper.
constexpr Seconds start_idle_max{0};
// Of a call that waited for its turn until it was nearly due.
constexpr Millis call_min = Seconds{2};

// Blots out every occurrence; what is shorter is no secret and would blot out ordinary words.
void blot_out(std::string* text, const std::string& secret) {
  constexpr std::size_t length_min = 4;
  if (secret.size() < length_min) return;
  for (std::size_t at = text->find(secret); at != std::string::npos; at = text->find(secret, at)) {
    text->replace(at, secret.size(), "[secret]");
    at += 8;
  }
}

std::string cure(const Error& error, int status) {
  if (status == 401 || status == 403) return " (check the provider's credentials)";
  if (status == 402) return " (the allowance is used up: raise it at the provider)";
  if (status >= 300 && status < 400) return " (a redirect elsewhere: check base_url)";
  if (error.kind == ErrorKind::exhausted && error.retry_after) {
    return " (again in " + to_text(*error.retry_after) + ")";
  }
  return {};
}

// How long a cache has kept the answer.
Seconds age_of(const HttpResponse& response) {
  const std::string_view age = response.header("age").value_or("");
  std::int64_t seconds = 0;
  const auto read = std::from_chars(age.data(), age.data() + age.size(), seconds);
  const bool is_age = read.ec == std::errc{} && read.ptr == age.data() + age.size() && seconds >= 0 &&
                      seconds < 1'000'000'000;
  return is_age ? Seconds{seconds} : Seconds{0};
}

}  // namespace

ProviderApi::ProviderApi(const ProviderSettings& settings, Authorization authorization, OddAnswer odd_answer)
    : name_(settings.name),
      request_timeout_(settings.request_timeout),
      authorization_(std::move(authorization)),
      odd_answer_(odd_answer),
      credentials_(credentials_of(settings)),
      recorder_(settings.recorder),
      url_(parse_url(settings.base_url)) {
  if (!url_) {
    unusable_ = "base_url is not an http or https URL: " + printable(settings.base_url);
  } else if (!url_->tls && !settings.allow_http && !is_loopback(*url_)) {
    unusable_ = "base_url is plain http beyond loopback: use https, or set allow_http: true";
  } else {
    while (url_->path.ends_with('/')) url_->path.pop_back();
    make_client(settings);
  }
}

void ProviderApi::make_client(const ProviderSettings& settings) {
  HttpOptions options{*url_, settings.ca_file, {}, settings.http2};
  const bool from_environment = settings.proxy.reveal() == "env";
  const Secret proxy = from_environment ? proxy_of_environment(*url_) : settings.proxy;
  if (!proxy.empty() && proxy.reveal() != "none" && !is_loopback(*url_)) {
    options.proxy = parse_proxy(proxy.reveal());
    if (!options.proxy) {
      unusable_ =
          std::string(from_environment ? "the environment's proxy" : "proxy") + " is not an http:// URL";
      return;
    }
  }
  client_.emplace(std::move(options));
}

Visit ProviderApi::begin(Confirmation* confirmation) const {
  return Visit{std::chrono::steady_clock::now() + request_timeout_, std::nullopt, {}, confirmation};
}

Visit ProviderApi::begin(const Effect& effect) const {
  Visit visit = begin();
  if (!effect.answer_by) return visit;
  const Millis left = std::max(*effect.answer_by - BootClock::now(), call_min);
  visit.deadline = std::min<CallDeadline>(visit.deadline, std::chrono::steady_clock::now() + left);
  return visit;
}

std::string ProviderApi::harmless(const Visit& visit, std::string text) const {
  for (const Secret& secret : credentials_) blot_out(&text, secret.reveal());
  for (const std::string& secret : visit.secrets) blot_out(&text, secret);
  return printable(text, 300);
}

Error ProviderApi::explain(const Visit& visit, const ProviderCall& call, Error error) const {
  error.what = name_.str() + ": " + harmless(visit, call.method + " " + call.path + ": " + error.what);
  return error;
}

// The path and query of a Location on the same origin; empty for any other.
std::optional<std::string> ProviderApi::redirected(const HttpResponse& response) const {
  if (response.status != 307 && response.status != 308) return std::nullopt;
  const auto location = response.header("location");
  if (!location || location->empty()) return std::nullopt;
  if (location->front() == '/' && location->substr(0, 2) != "//") return std::string(*location);
  const std::size_t scheme = location->find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const std::size_t slash = std::min(location->find_first_of("/?#", scheme + 3), location->size());
  const auto origin = parse_url(location->substr(0, slash));
  if (!origin || origin->tls != url_->tls || origin->host != url_->host || origin->port != url_->port) {
    return std::nullopt;
  }
  const std::string_view target = location->substr(slash);
  return target.empty() || target.front() != '/' ? "/" + std::string(target) : std::string(target);
}

Task<Result<HttpResponse>> ProviderApi::send(Visit& visit, const ProviderCall& call) {
  HttpRequest request;
  request.method = call.method;
  request.target = url_->path + call.path;
  request.headers = call.headers;
  request.body = call.body;
  request.body_bytes_max = call.body_bytes_max;
  request.discard_body = call.discard_body;
  if (call.purpose == Purpose::start) request.idle_max = start_idle_max;
  if (call.purpose != Purpose::read) request.confirmation = visit.confirmation;
  const std::string authorization = visit.authorization ? *visit.authorization : authorization_();
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  visit.secrets.push_back(authorization);

  for (bool redirects_left = true;; redirects_left = false) {
    const auto left = std::chrono::steady_clock::now();
    const Wall sent = wall_now();
    auto response = co_await client_->call(request, visit.deadline);
    if (recorder_) {
      const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - left);
      recorder_->ended({request, sent, took, response});
    }
    // Something was sent: to where the redirect came from.
    if (!response && !redirects_left) co_return Error{ErrorKind::maybe_applied, response.error().what};
    if (!response) co_return response;
    if (const auto date = response->header("date")) {
      // A cache that kept the answer says for how long.
      if (const auto now = parse_http_date(*date)) visit.provider_now = *now + age_of(*response);
    }
    const auto target = redirects_left ? redirected(*response) : std::nullopt;
    if (!target) co_return response;
    request.target = *target;
  }
}

ProviderAnswer ProviderApi::judge(const Visit& visit, const ProviderCall& call, HttpResponse response) const {
  const Wall now = visit.provider_now.value_or(wall_now());
  const auto is_success = [&] { return response.status >= 200 && response.status < 300; };
  auto json = is_success() && !call.discard_body ? parse_json(response.body) : std::nullopt;
  std::optional<Error> odd;
  if (odd_answer_ != nullptr) odd = odd_answer_(response, json ? &*json : nullptr, call.purpose, now);
  const int status = response.status;
  if (!is_success()) {
    Error error = odd ? std::move(*odd) : refusal(response, call.purpose, now);
    const std::string number = std::to_string(status);
    error.what = (error.what.empty() ? number : number + " " + error.what) + cure(error, status);
    return {status, std::move(error)};
  }
  if (odd) return {status, std::move(*odd)};
  const bool is_empty = response.body.empty() && response.cut_short.empty();
  if (call.discard_body && is_page(response)) return {status, misunderstood(call.purpose, text_of(response))};
  if (call.discard_body || is_empty) return {status, Json(), is_empty};
  if (!response.cut_short.empty()) return {status, misunderstood(call.purpose, response.cut_short)};
  if (json) return {status, std::move(*json)};
  return {status, misunderstood(call.purpose, "the answer is not JSON: " + text_of(response))};
}

Task<ProviderAnswer> ProviderApi::ask(Visit& visit, const ProviderCall& call) {
  if (!client_) co_return ProviderAnswer{0, explain(visit, call, Error{ErrorKind::denied, unusable_})};
  auto response = co_await send(visit, call);
  if (!response) {
    Error error = response.error();
    if (call.purpose == Purpose::read && error.kind == ErrorKind::maybe_applied)
      error.kind = ErrorKind::not_applied;
    co_return ProviderAnswer{0, explain(visit, call, std::move(error))};
  }
  HeaderLines headers = response->headers;
  ProviderAnswer answer = judge(visit, call, std::move(*response));
  answer.headers = std::move(headers);
  if (!answer.json) answer.json = explain(visit, call, answer.json.error());
  co_return answer;
}

Task<ProviderAnswer> ProviderApi::ask_leaving_time(Visit& visit, const ProviderCall& call) {
  const CallDeadline whole = visit.deadline;
  const auto now = std::chrono::steady_clock::now();
  visit.deadline = now + (whole - now) * 2 / 3;
  ProviderAnswer answer = co_await ask(visit, call);
  visit.deadline = std::min(whole, std::chrono::steady_clock::now() + (whole - now) / 3);
  co_return answer;
}

Task<Result<Checked>> ProviderApi::probe(const ProviderCall& call) {
  Visit visit = begin();
  const ProviderAnswer answer = co_await ask(visit, call);
  if (answer.json) co_return Checked::accepted;
  const Error& error = answer.json.error();
  const bool is_accepted = error.kind == ErrorKind::gone || answer.status == 400 || answer.status == 422;
  if (is_accepted) co_return Checked::accepted;
  co_return error;
}

std::optional<Millis> minutes_at(const Json& object, const char* name) {
  const auto count = integer_at(object, name);
  if (!count || *count <= 0 || *count > 60'000'000) return std::nullopt;
  return std::chrono::minutes{*count};
}

Reply reply_of(const Visit& visit, Result<Remote> remote) {
  if (!remote) return Reply{remote.error(), visit.provider_now};
  return Reply{std::vector<Remote>{std::move(*remote)}, visit.provider_now};
}

bool is_vain_to_read(ErrorKind kind) {
  return kind == ErrorKind::exhausted || kind == ErrorKind::denied || kind == ErrorKind::not_applied;
}

bool must_read_after_stop(const ProviderAnswer& answer) {
  if (answer.json || answer.status == 0 || answer.status == 401) return false;
  return answer.json.error().kind != ErrorKind::exhausted || answer.status == 402;
}

Result<Remote> confirmed_end(const Error& refused, Result<Remote> read) {
  const bool is_over = read ? read->progress == Progress::ended : read.error().kind == ErrorKind::gone;
  return is_over ? std::move(read) : contradicted(refused);
}

std::optional<Reason> reason_of_timeout(const Remote& remote) {
  if (remote.maximum && !remote.idle_timeout) return Reason::max_duration;
  if (remote.idle_timeout && !remote.maximum) return Reason::idle_timeout;
  const bool knows_all =
      remote.maximum && remote.created_at && remote.idle_timeout && remote.last_activity_at;
  if (!knows_all) return std::nullopt;
  const bool idle_first =
      *remote.last_activity_at + *remote.idle_timeout <= *remote.created_at + *remote.maximum;
  return idle_first ? Reason::idle_timeout : Reason::max_duration;
}

}  // namespace keeper
