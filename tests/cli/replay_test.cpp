// `deliveries --replay` against the keeper: for every state, progress and event the command tells what the
// keeper does.
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "catch.h"
#include "cli/command_line.h"
#include "core/delivery_rule.h"
#include "core/keeper.h"
#include "core/known_plan.h"
#include "provider/webhook.h"

namespace keeper {
namespace {

using Json = nlohmann::json;

Delivery delivery_by(const std::string& event) {
  return delivery_of(ProviderName{"agents"}, event, RemoteId{"r1"}, webhook_event(event), "{}", Wall{});
}

// A daemon that has one delivery, and one session that it is about.
class Daemon {
 public:
  Daemon() {
    server_.Get("/api/v1/deliveries", [this](const httplib::Request&, httplib::Response& out) {
      const Json entry{{"id", 1},
                       {"provider", "agents"},
                       {"type", "x"},
                       {"session_id", session.is_null() ? Json() : Json("s1")},
                       {"disposition", "applied"},
                       {"progress", delivery.followed ? Json(to_string(delivery.row.progress)) : Json()},
                       {"failed", delivery.row.failed}};
      out.set_content(Json{{"deliveries", {entry}}}.dump(), "application/json");
    });
    server_.Get("/api/v1/sessions/s1", [this](const httplib::Request&, httplib::Response& out) {
      out.set_content(session.dump(), "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    REQUIRE(port_ > 0);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ~Daemon() {
    server_.stop();
    thread_.join();
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  Json replay() const {
    std::ostringstream out, err;
    const Terminal terminal{out, err, 80, false, [](const RunRequest&) { return 1; }};
    const std::string url = "http://127.0.0.1:" + std::to_string(port_);
    const char* arguments[] = {"session-keeper", "deliveries", "--replay", "1", "--dry-run", "-o",
                               "json",           "--url",      url.c_str()};
    const int code = run_command_line(static_cast<int>(std::size(arguments)), arguments, terminal);
    INFO(err.str());
    REQUIRE(code == 0);
    return Json::parse(out.str());
  }

  Delivery delivery;
  Json session;

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

SessionRow row_in(State state, Progress progress, bool ending) {
  SessionRow row;
  row.id = SessionId{"s1"};
  row.plan = PlanName{"one"};
  row.provider = ProviderName{"agents"};
  row.remote_id = RemoteId{"r1"};
  row.state = state;
  row.progress = progress;
  if (state == State::active) row.active_at = Wall{Seconds{10}};
  if (is_terminal(state)) row.ended_at = Wall{Seconds{20}};
  if (ending) row.ending = Ending{State::timed_out, Reason::max_duration, Cause::deadline, Wall{Seconds{15}}};
  return row;
}

// What the keeper's decision makes of the delivery and of the session.
struct Made {
  Disposition disposition = Disposition::held;
  State state = State::queued;
};

Made made_by_keeper(const SessionRow& row, bool tracked, const Delivery& delivery) {
  const Now now{Wall{std::chrono::hours{1}}, Mono{std::chrono::hours{1}}};
  Ledger ledger;
  ledger.instance = InstanceId{"test"};
  if (tracked) ledger.unresolved = {row};
  Keeper keeper(ledger, now);
  auto config = std::make_shared<Config>();
  config->providers[ProviderName{"agents"}] = Traits{};
  Plan plan = test::known_plan();
  plan.name = row.plan;
  plan.provider = row.provider;
  config->plans[plan.name] = plan;
  Delivered delivered;
  delivered.row = delivery.row;
  delivered.followed = delivery.followed;
  delivered.session = row.id;
  const Decision loaded = keeper.decide(ConfigLoaded{config}, now);
  keeper.install(loaded);
  const Decision decision = keeper.decide(std::move(delivered), now);
  Made made{decision.batch.deliveries.at(0).disposition, row.state};
  for (const SessionRow& changed : decision.batch.sessions) {
    if (changed.id == row.id) made.state = changed.state;
  }
  return made;
}

Json answer_of(const SessionRow& row) {
  Json session{{"id", row.id.str()}, {"state", to_string(row.state)}, {"progress", to_string(row.progress)}};
  session["ending"] = nullptr;
  if (row.ending)
    session["ending"] = {{"state", to_string(row.ending->state)}, {"reason", to_string(row.ending->reason)}};
  return session;
}

}  // namespace

TEST_CASE("what a replay tells is what the keeper does, for every state, progress and event") {
  Daemon daemon;
  int applied = 0;
  int late = 0;
  for (const State state : all_states) {
    for (int rank = 0; rank <= 4; ++rank) {
      const auto progress = static_cast<Progress>(rank);
      if (is_terminal(state) != (progress == Progress::ended)) continue;
      for (const bool ending : {false, true}) {
        if (ending && is_terminal(state)) continue;
        const SessionRow row = row_in(state, progress, ending);
        for (const char* event : {"starting", "started", "stopping", "stopped", "failed", "unheard-of"}) {
          daemon.delivery = delivery_by(event);
          daemon.session = answer_of(row);
          const Json told = daemon.replay();
          const Made made = made_by_keeper(row, !is_terminal(state), daemon.delivery);
          INFO(to_string(state) << " " << to_string(progress) << (ending ? " ending " : " ") << event);
          CHECK(told.at("would_be") == to_string(made.disposition));
          CHECK(told.at("state") == to_string(made.state));
          applied += made.disposition == Disposition::applied ? 1 : 0;
          late += made.disposition == Disposition::late ? 1 : 0;
        }
      }
    }
  }
  CHECK(applied > 30);
  CHECK(late > 30);
}

TEST_CASE("a queued session that is starting already is not moved by a repeat of that") {
  Daemon daemon;
  daemon.delivery = delivery_by("starting");
  daemon.session = answer_of(row_in(State::queued, Progress::starting, false));
  const Json told = daemon.replay();
  CHECK(told.at("would_be") == "late");
  CHECK(told.at("then") == "the session is queued and has come as far as 'starting' already");
}

TEST_CASE("a delivery whose session is not known would be held") {
  Daemon daemon;
  daemon.delivery = delivery_by("started");
  const Json told = daemon.replay();
  CHECK(told.at("would_be") == "held");
  CHECK(told.at("state").is_null());
}

}  // namespace keeper
