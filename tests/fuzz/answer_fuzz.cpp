// What a provider answers: a status, Retry-After and a body. The first byte chooses the status.
#include "fuzz/fuzz.h"
#include "provider/notte.h"
#include "provider/refusal.h"
#include "provider/sonoran.h"
#include "provider/videosdk.h"

using namespace keeper;
using namespace keeper::fuzz;

namespace {

void check_remote(const Result<Remote>& remote) {
  if (!remote) return;
  require(!remote->id.empty() && remote->id.str().size() <= 200, "a remote has an id");
  require(is_terminal(remote->state) == (remote->progress == Progress::ended), "state and progress agree");
  require(!remote->idle_timeout || *remote->idle_timeout > Millis::zero(), "an idle timeout is positive");
}

void check_refusal(const HttpResponse& response) {
  for (const Purpose purpose : {Purpose::start, Purpose::read, Purpose::change}) {
    const Error error = refusal(response, purpose, Wall{});
    require(!error.retry_after || *error.retry_after <= std::chrono::hours{1}, "no wait is longer than an hour");
    require(purpose != Purpose::start || error.kind != ErrorKind::gone, "a start cannot be gone");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string body(text_of(data + 1, size - 1));
  check_refusal({100 + data[0] * 2, body, {{"Retry-After", body.substr(0, 40)}}, {}});
  const auto json = parse_json(body);
  if (!json) return 0;
  static_cast<void>(json_text(*json));
  for (const Json* part : {&*json, &member(*json, "data")}) {
    check_remote(notte_remote(*part));
    check_remote(videosdk_remote(*part));
    check_remote(sonoran_remote(*part));
  }
  return 0;
}
