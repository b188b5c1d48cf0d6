// Budgets, notifications and the dead man's switch, with a receiver of our own.
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <thread>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

const std::string signing_key = "0123456789abcdef0123456789abcdef";
const char* const signing_secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

std::string base64(const unsigned char* bytes, unsigned count) {
  std::string text(4 * ((count + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(count))));
  return text;
}

struct Received {
  std::string id, body;
  bool is_signed = false;
};

// Takes notifications at /notices and pings at /alive.
class Receiver {
 public:
  Receiver() {
    server_.Post("/notices", [this](const httplib::Request& request, httplib::Response& response) {
      const std::scoped_lock lock(mutex_);
      received_.push_back({request.get_header_value("webhook-id"), request.body, is_signed(request)});
      response.status = refusals_-- > 0 ? 503 : 204;
    });
    server_.Get("/alive", [this](const httplib::Request&, httplib::Response&) {
      const std::scoped_lock lock(mutex_);
      ++pings_;
    });
    port = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) sleep_for(std::chrono::milliseconds{10});
  }
  ~Receiver() {
    server_.stop();
    thread_.join();
  }

  void refuse(int times) {
    const std::scoped_lock lock(mutex_);
    refusals_ = times;
  }
  std::vector<Received> received() {
    const std::scoped_lock lock(mutex_);
    return received_;
  }
  int pings() {
    const std::scoped_lock lock(mutex_);
    return pings_;
  }
  bool told(const std::string& event) {
    const auto all = received();
    return std::any_of(all.begin(), all.end(), [&](const Received& one) {
      return one.body.find("\"event\":\"" + event + "\"") != std::string::npos;
    });
  }

  int port = 0;

 private:
  static bool is_signed(const httplib::Request& request) {
    const std::string text = request.get_header_value("webhook-id") + "." +
                             request.get_header_value("webhook-timestamp") + "." + request.body;
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    HMAC(EVP_sha256(), signing_key.data(), static_cast<int>(signing_key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &bytes);
    return request.get_header_value("webhook-signature") == "v1," + base64(mac, bytes);
  }

  httplib::Server server_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<Received> received_;
  int refusals_ = 0;
  int pings_ = 0;
};

std::string plans_with(Stage& stage, const Receiver& receiver, const std::string& more) {
  std::ofstream(stage.directory / "signing") << signing_secret << "\n";
  std::ofstream(stage.directory / "alive") << "http://127.0.0.1:" << receiver.port << "/alive\n";
  return R"(  desk:
    provider: agents
    schedule: {always: true}
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: stop
    keep_alive: true
)" + more +
         "notifications:\n  ops:\n    url: http://127.0.0.1:" + std::to_string(receiver.port) +
         "/notices?token=abc\n    secret_file: " + (stage.directory / "signing").string() +
         "\ndead_mans_switch:\n  url_file: " + (stage.directory / "alive").string() + "\n  every: 1s\n";
}

}  // namespace

TEST_CASE(
    "a lost session is told, signed, and again with the same id after a refusal; a restart tells nothing "
    "twice") {
  Receiver receiver;
  Stage stage("");
  stage.write_plans(plans_with(stage, receiver, ""));
  receiver.refuse(1);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{20}, [&] { return stage.remotes("/remotes/live").size() == 1; }));
  REQUIRE(
      eventually(seconds{20}, [&] { return stage.status().value("/sessions/active"_json_pointer, 0) == 1; }));
  CHECK(stage.status().at("notifications").at(0).at("healthy") == true);
  CHECK(eventually(seconds{5},
                   [&] { return stage.status().at("dead_mans_switch").at("last_heard_at").is_string(); }));
  const std::string remote = stage.remotes("/remotes/live").front().at("id");
  post_json(stage.control_port, "/remotes/" + remote + "/end", {{"as", "error"}});
  INFO(read_file(stage.directory / "daemon.log"));
  std::string output;
  CHECK(eventually(seconds{20}, [&] {
    return stage.run_cli({"status"}, &output) == 0 &&
           output.find("notifications to ops fail since ") < output.size();
  }));
  REQUIRE(eventually(seconds{40}, [&] { return receiver.received().size() == 2; }));
  const auto messages = receiver.received();
  CHECK(messages[0].id == messages[1].id);
  CHECK(messages[0].body == messages[1].body);
  CHECK(messages[0].is_signed);
  CHECK(messages[1].is_signed);
  CHECK(messages[0].body.find("\"event\":\"session_lost\"") != std::string::npos);
  REQUIRE(eventually(seconds{5}, [&] {
    return stage.run_cli({"notifications"}, &output) == 0 && output.find("delivered") != std::string::npos;
  }));
  stage.kill_daemon();
  const int pings = receiver.pings();
  CHECK(pings >= 3);
  sleep_for(seconds{3});
  CHECK(receiver.pings() <= pings + 1);
  stage.start_daemon();
  REQUIRE(stage.ready());
  sleep_for(seconds{8});
  CHECK(receiver.received().size() == 2);
  CHECK(receiver.pings() > pings);
  CHECK(stage.end_daemon() == 0);
}

TEST_CASE("a budget in money ends the starts, is told, and `cost` says where it went") {
  Receiver receiver;
  Stage stage("");
  stage.provider_lines = "    price: {per_hour: 60, minimum: 1m, currency: USD}\n";
  stage.write_plans(
      plans_with(stage, receiver,
                 "  loop:\n    provider: agents\n    schedule: {every: 2s}\n    overlap: allow\n"
                 "    session: {deployment_id: demo, tag: v1.0}\n    on_shutdown: stop\n"
                 "budget: {max_cost: 6, period: 1d, soft: 50%}\n"));
  stage.start_daemon();
  REQUIRE(stage.ready());
  INFO(read_file(stage.directory / "daemon.log"));
  REQUIRE(eventually(seconds{100}, [&] { return receiver.told("budget_hard"); }));
  CHECK(receiver.told("budget_soft"));
  // One for the desk, five for the loop: a dollar each at once.
  CHECK(stage.remotes().size() == 6);
  sleep_for(seconds{5});
  CHECK(stage.remotes().size() == 6);
  CHECK(stage.remotes("/remotes/live").size() >= 1);
  const Json cost = get_json(stage.status_port, "/api/v1/cost").value();
  CHECK(cost.at("totals").at(0).at("cost").get<double>() >= 6.0);
  CHECK(cost.at("budgets").at(0).at("state") == "hard");
  std::string output;
  CHECK(stage.run_cli({"cost"}, &output) == 0);
  CHECK(output.find("all plans") != std::string::npos);
  CHECK(stage.run_cli({"missed", "loop"}, &output) == 0);
  CHECK(output.find("budget") != std::string::npos);
  const std::string desk =
      get_json(stage.status_port, "/api/v1/sessions?plan=desk")->at("sessions").at(0).at("id");
  CHECK(get_json(stage.status_port, "/api/v1/sessions/" + desk)->at("cost").at("currency") == "USD");
  CHECK(stage.run_cli({"explain", desk}, &output) == 0);
  CHECK(output.find("USD") != std::string::npos);
  CHECK(stage.end_daemon() == 0);
}

TEST_CASE("preview says beforehand what a reload then does") {
  const std::string desk =
      "  desk:\n    provider: agents\n    schedule: {always: true}\n    on_shutdown: stop\n    keep_alive: "
      "true\n"
      "    session: {deployment_id: demo, tag: ";
  const std::string watch =
      "  watch:\n    provider: browsers\n    schedule: {always: true}\n    count: 2\n    on_shutdown: stop\n"
      "    session: {idle_timeout: 1m, max_duration: 10m}\n    keep_alive: true\n";
  const std::string patrol =
      "  patrol:\n    provider: community\n    schedule: {always: true}\n    on_shutdown: stop\n"
      "    session: {server_id: 1, account_id: 00000000-0000-0000-0000-000000000000}\n";
  Stage stage(desk + "v1.0}\n" + watch);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(
      eventually(seconds{20}, [&] { return stage.status().value("/sessions/active"_json_pointer, 0) == 3; }));
  const std::string config = (stage.directory / "keeper.yaml").string();
  std::string output;
  CHECK(stage.run_cli({"preview", "--config", config, "-o", "json"}, &output) == 0);
  const Json unchanged = Json::parse(output).at("plans");
  REQUIRE(unchanged.size() == 2);
  for (const Json& one : unchanged) CHECK(one.at("keep").get<int>() > 0);
  stage.write_plans(desk + "v2.0}\n" + patrol);
  REQUIRE(stage.run_cli({"plan", "--config", config, "-o", "json"}, &output) == 0);
  const Json changes = Json::parse(output).at("plans");
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].at("plan") == "desk");
  CHECK(changes[0].at("roll_over") == 1);
  CHECK(changes[1].at("plan") == "patrol");
  CHECK(changes[1].at("start") == 1);
  CHECK(changes[2].at("plan") == "watch");
  CHECK(changes[2].at("stop") == 2);
  CHECK(stage.remotes().size() == 3);
  CHECK(stage.run_cli({"reload"}, &output) == 0);
  CHECK(eventually(seconds{20}, [&] {
    return stage.remotes("/remotes/live").size() == 2 && stage.remotes().size() == 5;
  }));
  stage.write_plans("  desk: {provider: nobody}\n");
  CHECK(stage.run_cli({"preview", "--config", config}, &output) == 78);
  CHECK(output.find(config + ":") == 0);
  CHECK(stage.run_cli({"preview", "--config", config, "--token-file", config}, &output) == 1);
  CHECK(stage.end_daemon() == 0);
}
