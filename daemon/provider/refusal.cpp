#include "provider/refusal.h"

#include <algorithm>
#include <array>

namespace keeper {
namespace {

constexpr Millis wait_unless_told{Seconds{60}};
constexpr std::array<const char*, 7> headline_keys{"message",       "error", "reason",      "msg",
                                                   "statusMessage", "title", "errorMessage"};

// One entry of FastAPI's list of validation errors: "body.idle_timeout_minutes: Input should be ...".
std::string text_of_entry(const Json& entry) {
  std::string place;
  const Json& path = member(entry, "loc");
  if (path.is_array()) {
    for (const Json& part : path) {
      if (!place.empty()) place += '.';
      place += part.is_string() ? part.get<std::string>() : json_text(part);
    }
  }
  const std::string text = text_at(entry, "msg").value_or(entry.is_string() ? entry.get<std::string>() : "");
  return place.empty() ? text : place + ": " + text;
}

std::string text_of_detail(const Json& detail) {
  if (detail.is_string()) return detail.get<std::string>();
  if (detail.is_object()) return text_at(detail, "message").value_or(json_text(detail));
  std::string text;
  if (!detail.is_array()) return text;
  for (std::size_t i = 0; i < std::min<std::size_t>(detail.size(), 3); ++i) {
    if (i > 0) text += "; ";
    text += text_of_entry(detail[i]);
  }
  return text;
}

std::string headline(const Json& json) {
  for (const char* key : headline_keys) {
    const Json& value = member(json, key);
    if (value.is_string() && !value.get_ref<const std::string&>().empty()) return value.get<std::string>();
    if (const auto inner = text_at(value, "message")) return *inner;
  }
  return {};
}

Error error_of(ErrorKind kind, std::string what, std::optional<Millis> wait = std::nullopt) {
  return Error{kind, std::move(what), wait};
}

// The answer says neither yes nor no: it may have been acted on, unless it was a read.
ErrorKind unsettled(Purpose purpose) {
  return purpose == Purpose::read ? ErrorKind::not_applied : ErrorKind::maybe_applied;
}

// A 404 of the application is JSON or empty; a page of some proxy in between says nothing of the remote.
bool is_from_application(const HttpResponse& response) {
  return response.body.empty() || parse_json(response.body).has_value();
}

}  // namespace

std::string text_in(const Json& answer) {
  const std::string head = headline(answer);
  const std::string detail = text_of_detail(member(answer, "detail"));
  if (!head.empty() && !detail.empty() && head != detail) return head + ": " + detail;
  if (!head.empty() || !detail.empty()) return head.empty() ? detail : head;
  return answer.is_string() ? answer.get<std::string>() : "";
}

bool is_page(const HttpResponse& response) {
  const std::size_t start = response.body.find_first_not_of(" \t\r\n");
  return start != std::string::npos && response.body[start] == '<';
}

std::string text_of(const HttpResponse& response) {
  if (is_page(response)) return "an HTML page";
  if (const auto json = parse_json(response.body)) return text_in(*json);
  const std::size_t start = response.body.find_first_not_of(" \t\r\n");
  return start == std::string::npos ? std::string{} : response.body.substr(start, 300);
}

Error refusal(const HttpResponse& response, Purpose purpose, Wall now) {
  std::string what = text_of(response);
  const auto wait = wait_asked(response, now);
  const int status = response.status;
  const bool is_start = purpose == Purpose::start;
  if (status == 401 || status == 403) return Error{ErrorKind::denied, std::move(what), std::nullopt, true};
  // Until an operator acts or the allowance is renewed: a start asks again from time to time.
  if (status == 402) {
    const auto pause = is_start ? std::optional(retry_after(response, now).value_or(wait_max)) : std::nullopt;
    return error_of(ErrorKind::exhausted, std::move(what), pause);
  }
  if (status == 429) return error_of(ErrorKind::exhausted, std::move(what), wait.value_or(wait_unless_told));
  // A gateway may send its rate limit's reset with every answer: here it says nothing.
  if (status == 503 && retry_after(response, now) && !is_start)
    return error_of(ErrorKind::exhausted, std::move(what), wait);
  if (status >= 500 || status == 408) {
    return error_of(unsettled(purpose), std::move(what),
                    is_start ? retry_after(response, now) : std::nullopt);
  }
  // Neither a redirect nor what no status is defined for says whether the start was acted on.
  if (is_start && (status < 400 || status > 499)) return error_of(ErrorKind::maybe_applied, std::move(what));
  if (is_start) {
    // A conflict ends with the other session; nothing was made.
    return error_of(status == 409 || status == 425 ? ErrorKind::not_applied : ErrorKind::denied,
                    std::move(what));
  }
  if ((status == 404 || status == 410) && is_from_application(response)) {
    return error_of(ErrorKind::gone, std::move(what));
  }
  return error_of(ErrorKind::malformed, std::move(what));
}

Error misunderstood(Purpose purpose, std::string what) {
  return error_of(purpose == Purpose::start ? ErrorKind::maybe_applied : ErrorKind::malformed,
                  std::move(what));
}

Error contradicted(Error error) {
  if (error.kind == ErrorKind::gone) error.kind = ErrorKind::malformed;
  return error;
}

}  // namespace keeper
