#include "probe/trace.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "provider/answer_json.h"
#include "provider/credentials.h"

namespace keeper::probe {
namespace {

// An answer is as long as a list may be; what is longer is a picture.
constexpr std::size_t body_max = std::size_t{1} << 20U;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(value->str()) : Json();
}

Json time_json(const std::optional<Wall>& time) { return time ? Json(to_rfc3339(*time)) : Json(); }

Json millis_json(const std::optional<Millis>& time) { return time ? Json(time->count()) : Json(); }

Json remote_json(const Remote& remote) {
  return {{"id", remote.id.str()},
          {"progress", std::string(to_string(remote.progress))},
          {"state", std::string(to_string(remote.state))},
          {"reason", remote.reason ? Json(std::string(to_string(*remote.reason))) : Json()},
          {"native_status", remote.native_status},
          {"detail", remote.detail},
          {"tag", or_null(remote.tag)},
          {"created_at", time_json(remote.created_at)},
          {"last_activity_at", time_json(remote.last_activity_at)},
          {"ended_at", time_json(remote.ended_at)},
          {"expires_at", time_json(remote.expires_at)},
          {"idle_timeout_ms", millis_json(remote.idle_timeout)},
          {"maximum_ms", millis_json(remote.maximum)},
          {"heartbeat_error", remote.heartbeat_error},
          {"other_starter", remote.other_starter}};
}

// As JSON where it is some, so that names tell what is secret.
void put_body(Json& to, const std::string& body, const Redaction& redaction) {
  if (body.empty()) return;
  if (body.size() > body_max) {
    to["cut"] = body.size();
    return;
  }
  std::optional<Json> json = parse_json(body);
  if (json && json->is_structured()) {
    redaction.redact(*json);
    to["json"] = std::move(*json);
  } else {
    to["text"] = printable(redaction.text(body), 4096);
  }
}

Json headers_json(const std::vector<std::pair<std::string, std::string>>& headers,
                  const Redaction& redaction) {
  Json all = Json::array();
  for (const auto& [name, value] : headers)
    all.push_back({name, printable(redaction.header(name, value), 1024)});
  return all;
}

}  // namespace

Json reading_json(const Reply& reply) {
  Json reading{{"provider_now", time_json(reply.provider_now)},
               {"whole", reply.whole},
               {"passed_over", reply.passed_over}};
  if (reply.remotes) {
    reading["remotes"] = Json::array();
    for (const Remote& remote : *reply.remotes) reading["remotes"].push_back(remote_json(remote));
  } else {
    const Error& error = reply.remotes.error();
    reading["error"] = {{"kind", std::string(to_string(error.kind))},
                        {"what", error.what},
                        {"retry_after_ms", millis_json(error.retry_after)}};
  }
  return reading;
}

Json effect_json(const Effect& effect) {
  return {{"kind", std::string(to_string(effect.kind))},
          {"session", effect.session.str()},
          {"remote", effect.remote.str()},
          {"plan", effect.plan.str()},
          {"place", effect.place},
          {"parameters", parse_json(effect.parameters).value_or(Json())}};
}

std::optional<Effect> effect_in(const Json& value) {
  const auto text = [&](const char* name) { return text_at(value, name).value_or(""); };
  const auto kind = parse_effect_kind(text("kind"));
  if (!kind) return std::nullopt;
  Effect effect;
  effect.kind = *kind;
  effect.session = SessionId{text("session")};
  effect.remote = RemoteId{text("remote")};
  effect.plan = PlanName{text("plan")};
  effect.place = text("place");
  const Json& parameters = member(value, "parameters");
  if (!parameters.is_null()) effect.parameters = json_text(parameters);
  return effect;
}

Trace::Trace(const ProviderSettings& settings) {
  for (const Secret& secret : credentials_of(settings)) redaction_.add_secret(secret.reveal());
}

Status Trace::open(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file_.valid()) return Done{};
  return Error{ErrorKind::storage,
               "--trace " + printable(path) + ": " + std::strerror(errno) +
                   "; name a file that does not exist, in a directory that can be written"};
}

void Trace::add_secret(const std::string& secret) {
  const std::scoped_lock lock(mutex_);
  redaction_.add_secret(secret);
}

void Trace::write(Json line) {
  if (!file_.valid() || !trouble_.empty()) return;
  const std::string text = json_text(line) + "\n";
  if (::write(file_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    trouble_ = std::string("the trace is incomplete: ") + std::strerror(errno);
}

void Trace::begin(const Json& head) {
  const std::scoped_lock lock(mutex_);
  write(head);
}

void Trace::asked(const Effect& effect) {
  const std::scoped_lock lock(mutex_);
  statuses_.clear();
  Json line = effect_json(effect);
  redaction_.redact(line);
  write({{"ask", std::move(line)}});
}

void Trace::ended(const EndedCall& call) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, value] : call.request.headers) {
    // Minted tokens stand nowhere else; the word before them is no secret.
    if (equal_ignoring_case(name, "authorization")) redaction_.add_secret(value.substr(value.rfind(' ') + 1));
    if (equal_ignoring_case(name, "idempotency-key")) has_sent_key_ = true;
  }
  Json request{{"at", to_rfc3339(call.sent)},
               {"took_ms", call.took.count()},
               {"method", call.request.method},
               {"target", redaction_.text(call.request.target)},
               {"headers", headers_json(call.request.headers, redaction_)}};
  put_body(request, call.request.body, redaction_);
  Json line{{"call", std::move(request)}};
  if (call.outcome) {
    const HttpResponse& response = *call.outcome;
    statuses_.push_back(response.status);
    Json answer{{"status", response.status}, {"headers", headers_json(response.headers, redaction_)}};
    put_body(answer, response.body, redaction_);
    if (!response.cut_short.empty()) answer["cut_short"] = response.cut_short;
    line["answer"] = std::move(answer);
  } else {
    statuses_.push_back(0);
    line["failed"] = {{"kind", std::string(to_string(call.outcome.error().kind))},
                      {"what", redaction_.text(call.outcome.error().what)}};
  }
  write(std::move(line));
}

void Trace::read(const Reply& reply) {
  Json line = redacted(reading_json(reply));
  const std::scoped_lock lock(mutex_);
  write({{"reading", std::move(line)}});
}

Json Trace::redacted(const Json& value) const {
  const std::scoped_lock lock(mutex_);
  Json copy = value;
  redaction_.redact(copy);
  return copy;
}

std::vector<int> Trace::statuses() const {
  const std::scoped_lock lock(mutex_);
  return statuses_;
}

bool Trace::has_sent_key() const {
  const std::scoped_lock lock(mutex_);
  return has_sent_key_;
}

std::string Trace::trouble() const {
  const std::scoped_lock lock(mutex_);
  return trouble_;
}

}  // namespace keeper::probe
