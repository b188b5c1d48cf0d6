#include <deque>
#include <thread>

#include "status/status_stage.h"

using namespace keeper;
using namespace keeper::test;

namespace {

RawClient listen(const StatusStage& stage, const std::string& headers = {}) {
  RawClient client(stage.port());
  client.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n" + headers +
              "\r\n");
  return client;
}

std::string last_id(std::int64_t seq) { return "Last-Event-ID: " + std::to_string(seq) + "\r\n"; }

// "id: 3\ndata: {...}\n\n" without what frames it.
nlohmann::json next_event(RawClient& client) {
  client.read_until("data: ");
  return nlohmann::json::parse(client.read_until("\n"));
}

}  // namespace

TEST_CASE("a stream gives each transition once it is published, with its seq as id") {
  StatusStage stage;
  stage.add_session(1);
  RawClient client = listen(stage);
  const std::string head = client.read_until("retry:");
  CHECK(head.find("200 OK") != std::string::npos);
  CHECK(head.find("text/event-stream") != std::string::npos);
  SessionRow second = stage.add_session(2);
  stage.publish(view_with_plans());
  const std::string event = client.read_until("}\n\n");
  CHECK(event.find("id: 2\n") != std::string::npos);
  CHECK(event.find("\"session_id\":\"s2\"") != std::string::npos);
  CHECK(event.find("\"s1\"") == std::string::npos);
  stage.move(second, State::active, Reason::observed);
  stage.publish(view_with_plans());
  CHECK(next_event(client).at("to") == "active");
}

TEST_CASE("a stream that comes again resumes after its last event, without a gap") {
  StatusStage stage;
  stage.add_sessions(1, 500);
  RawClient client = listen(stage, last_id(3));
  for (std::int64_t seq = 4; seq <= 500; ++seq) REQUIRE(next_event(client).at("seq") == seq);
  stage.add_session(501);
  CHECK(next_event(client).at("seq") == 501);
}

TEST_CASE("a stream whose client has seen more than the store holds gives what comes from now on") {
  StatusStage stage;
  stage.add_session(1);
  RawClient client = listen(stage, last_id(1000));
  CHECK(client.read_until("retry:").find("X-Accel-Buffering: no\r\n") != std::string::npos);
  stage.add_session(2);
  stage.publish(view_with_plans());
  CHECK(next_event(client).at("seq") == 2);
}

TEST_CASE("a stream in HTTP/1.0 has no chunks") {
  StatusStage stage;
  RawClient client(stage.port());
  client.send("GET /api/v1/events HTTP/1.0\r\nHost: localhost\r\n\r\n");
  CHECK(client.read_until("retry:").find("hunked") == std::string::npos);
  stage.add_session(1);
  stage.publish(view_with_plans());
  CHECK(client.read_until("}\n\n").starts_with(" 2000\n\nid: 1\ndata: {"));
}

TEST_CASE("a Last-Event-ID that is no seq is refused") {
  StatusStage stage;
  RawClient client = listen(stage, "Last-Event-ID: x\r\n");
  CHECK(client.answer()->status == 400);
}

TEST_CASE("at most sixteen streams at once, and other requests are answered beside them") {
  StatusStage stage;
  std::deque<RawClient> streams;
  for (int i = 0; i < 16; ++i) {
    streams.push_back(listen(stage));
    CHECK(streams.back().read_until("retry:").find("200 OK") != std::string::npos);
  }
  RawClient refused = listen(stage);
  const auto answer = refused.answer();
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(answer->headers.contains("retry-after"));
  CHECK(stage.get("/api/v1/status").status == 200);
  streams.pop_front();
  bool again = false;
  for (int tries = 0; tries < 100 && !again; ++tries) {
    RawClient client = listen(stage);
    again = client.read_until("\r\n").find("200 OK") != std::string::npos;
    if (!again) std::this_thread::sleep_for(Millis{100});
  }
  CHECK(again);
}

TEST_CASE("a stop ends the streams") {
  StatusStage stage;
  RawClient client = listen(stage);
  client.read_until("retry:");
  const auto began = std::chrono::steady_clock::now();
  stage.listener->stop();
  CHECK(std::chrono::steady_clock::now() - began < Seconds{4});
  CHECK(client.closes(Seconds{1}));
}
