#include "sandbox/fault_answer.h"

#include "sandbox/vendors/vendor.h"

namespace sandbox {
namespace {

std::string sentence(int status) {
  if (status == 402) return "The allowance is used up and no payment method is on file.";
  if (status == 429) return "Please wait before sending another request";
  if (status == 529) return "The cluster is overloaded, too many sessions. Try again later.";
  return "The service is not available at the moment, try again.";
}

Answer problem(int status, const Request& request) {
  const Json body = {{"type", "https://httpstatuses.com/" + std::to_string(status)},
                     {"title", status == 429  ? "Too Many Requests"
                               : status < 500 ? "Refused"
                                              : "Server Error"},
                     {"status", status},
                     {"detail", sentence(status)},
                     {"instance", request.path},
                     {"traceId", "00-7c1e5a90d2b84f36a1c7e9f0b3d24586-5f0e9a1c3b7d2468-00"}};
  Answer answer = json_answer(status, body);
  answer.content_type = "application/problem+json";
  return answer;
}

Answer notte_json(int status) {
  const std::string text = sentence(status);
  // The Python client takes a 200 with a top-level detail for a failure.
  if (status < 300) return json_answer(status, {{"detail", text}});
  if (status == 429) return json_answer(status, {{"message", "Rate limit exceeded"}, {"detail", text}});
  if (status < 500) return json_answer(status, {{"message", text}, {"detail", text}});
  return json_answer(
      status,
      {{"detail", text}, {"session_id", nullptr}, {"status", status}, {"error", text}, {"message", text}});
}

Answer own_json(int status, Provider provider, const Request& request) {
  if (const Vendor* vendor = vendor_of(provider)) {
    return json_answer(status, vendor->error(status, sentence(status)));
  }
  if (provider == Provider::notte) return notte_json(status);
  if (provider == Provider::videosdk) return json_answer(status, {{"message", sentence(status)}});
  if (status != 429) return problem(status, request);
  return json_answer(
      status, {{"message", "API rate limit exceeded"}, {"request_id", "4b1f6c0e92d7438aa5c3e8f017b6d254"}});
}

Answer plain(int status, BodyKind kind, Provider provider, const Request& request) {
  switch (kind) {
    case BodyKind::json:
      return own_json(status, provider, request);
    case BodyKind::problem:
      return problem(status, request);
    case BodyKind::text:
      return {.status = status,
              .body = sentence(status),
              .content_type = "text/plain",
              .headers = {},
              .remote_id = {}};
    case BodyKind::html:
      break;
  }
  const std::string title = status == 502 ? "502 Bad Gateway" : std::to_string(status) + " Error";
  return {.status = status,
          .body = "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
                  "</h1></center>\r\n</body>\r\n</html>\r\n",
          .content_type = "text/html",
          .headers = {},
          .remote_id = {}};
}

}  // namespace

Answer fault_answer(const Verdict& verdict, Provider provider, const Request& request) {
  const int status = verdict.status.value_or(500);
  const BodyKind kind = verdict.body.value_or(status == 502 ? BodyKind::html : BodyKind::json);
  Answer answer = plain(status, kind, provider, request);
  if (status == 204) answer.body.clear();
  if (verdict.retry_after) answer.headers.emplace_back("Retry-After", *verdict.retry_after);
  if (status == 307 || status == 308) {
    std::string target = std::string(kRedirectPrefix) + request.target;
    answer.headers.emplace_back("Location", "http://" + request.host + target);
  }
  return answer;
}

}  // namespace sandbox
