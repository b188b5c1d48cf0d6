// What a provider answers: a status, Retry-After and a body. The first byte chooses the status.
#include "fuzz/fuzz.h"
#include "provider/described/described_reading.h"
#include "provider/notte/notte.h"
#include "provider/refusal.h"
#include "provider/sonoran_cms/sonoran_cms.h"
#include "provider/videosdk/videosdk.h"

using namespace keeper;
using namespace keeper::fuzz;

namespace {

// Of a provider that the configuration describes.
Description description() {
  Description all;
  all.id = {"/id"};
  all.native_status = {"/status"};
  all.created_at = {"/created_at"};
  all.last_activity_at = {"/last/0"};
  all.ended_at = {"/ended_at"};
  all.expires_at = {"/expires_at"};
  all.error = {"/error/message"};
  all.tag = {"/tags/0"};
  all.idle_timeout = {"/idle_timeout_minutes"};
  all.maximum = {"/max_duration_minutes"};
  all.duration_unit = std::chrono::minutes{1};
  all.states = {{"active", State::active},
                {"closed", State::closed},
                {"error", State::error},
                {"timed_out", State::timed_out}};
  return all;
}

void check_reading(const Remote& remote) {
  require(remote.id.empty() || plain_id(remote.id.str()) == remote.id, "an id is usable, or there is none");
  require(is_terminal(remote.state) == (remote.progress == Progress::ended), "state and progress agree");
  require(!remote.idle_timeout || *remote.idle_timeout > Millis::zero(), "an idle timeout is positive");
  require(!remote.maximum || *remote.maximum > Millis::zero(), "a maximum is positive");
}

void check_remote(const Result<Remote>& remote) {
  if (!remote) return;
  require(!remote->id.empty(), "a remote has an id");
  check_reading(*remote);
}

void check_refusal(const HttpResponse& response) {
  for (const Purpose purpose : {Purpose::start, Purpose::read, Purpose::change}) {
    const Error error = refusal(response, purpose, Wall{});
    require(!error.retry_after || *error.retry_after <= std::chrono::hours{1},
            "no wait is longer than an hour");
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
  static const Description described = description();
  for (const Json* part : {&*json, &member(*json, "data")}) {
    check_remote(notte_remote(*part));
    check_remote(videosdk_remote(*part));
    check_remote(sonoran_remote(*part));
    check_reading(described_reading(described, Effect{}, *part, Wall{}));
  }
  return 0;
}
