#include "fake_daemon.h"

#include <cstdlib>
#include <fstream>

#include "catch.h"

namespace keeper {
namespace {

constexpr const char* json = "application/json";
constexpr const char* id = "0123456789abcdef0123456789abcdef";

std::string session() {
  return std::string(R"({"id":")") + id +
         R"(","plan":"a-plan-with-a-rather-long-name-for-a-table","provider":"agents","state":"active",)"
         R"("reason":"start_confirmed","created_at":"2026-11-21T09:00:00.000Z","last_error":"\u001b[31mred"})";
}

std::string transition(int seq, const char* from, const char* to) {
  return R"({"seq":)" + std::to_string(seq) + R"(,"session_id":")" + id + R"(","plan":"desk","from":)" +
         from + R"(,"to":")" + to +
         R"(","reason":"a_reason_that_is_long_enough_to_be_cut","at":"2026-11-21T09:00:00.000Z"})";
}

}  // namespace

FakeDaemon::FakeDaemon() {
  std::string name = (std::filesystem::temp_directory_path() / "keeper-cli-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  status =
      R"({"version":"1","ready":true,"config":{"path":"/etc/x.yaml"},"sessions":{"active":1},"plans":[)"
      R"({"name":"a-plan-with-a-rather-long-name-for-a-table","provider":"agents","wanted":1,"live":1,)"
      R"("state":"as_wanted","next_start":"2026-11-21T09:00:00.000Z","next_stop":null,"last_error":null}],)"
      R"("store":{"path":"/x","last_seq":2},"providers":[{"name":"agents","state":"healthy"}]})";
  serve_lists();
  serve_actions();
  port_ = server_.bind_to_any_port("127.0.0.1");
  REQUIRE(port_ > 0);
  thread_ = std::thread([this] { server_.listen_after_bind(); });
  while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

FakeDaemon::~FakeDaemon() {
  server_.stop();
  thread_.join();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string FakeDaemon::token_file(const std::string& token) const {
  const std::string path = (directory_ / "control.token").string();
  std::ofstream(path) << token << "\n";
  return path;
}

void FakeDaemon::serve_lists() {
  const auto get = [this](const std::string& path, std::function<std::string()> body) {
    server_.Get(path,
                [body](const httplib::Request&, httplib::Response& out) { out.set_content(body(), json); });
  };
  const std::string transitions = R"({"transitions":[)" + transition(2, R"("queued")", "active") + "," +
                                  transition(1, "null", "queued") + R"(],"next":null})";
  get("/api/v1/status", [this] { return status; });
  get("/-/healthy", [] { return std::string("{}"); });
  get("/api/v1/plans", [this] { return status; });
  get("/api/v1/sessions", [] { return R"({"sessions":[)" + session() + R"(],"next":null})"; });
  get(std::string("/api/v1/sessions/") + id, [] { return session(); });
  get(std::string("/api/v1/sessions/") + id + "/transitions", [transitions] { return transitions; });
  get("/api/v1/transitions", [transitions] { return transitions; });
  get("/api/v1/deliveries", [] {
    return std::string(
        R"({"deliveries":[{"id":1,"provider":"agents","type":"ai-deployment-session-started",)"
        R"("session_id":null,"disposition":"unmatched","received_at":"2026-11-21T09:00:00.000Z"}]})");
  });
}

void FakeDaemon::serve_actions() {
  server_.Get("/api/v1/events", [this](const httplib::Request& in, httplib::Response& out) {
    last_event_id = in.get_header_value("Last-Event-ID");
    out.set_content(":\n\nid: 3\ndata: " + transition(3, R"("active")", "closed") + "\n\n",
                    "text/event-stream");
  });
  server_.Post("/-/reload", [](const httplib::Request& in, httplib::Response& out) {
    if (in.get_header_value("Authorization") == "Bearer s3cret") return out.set_content("{}", json);
    out.status = 401;
    out.set_content(R"({"detail":"the token is wrong"})", "application/problem+json");
  });
}

}  // namespace keeper
