#include "status/status_stage.h"

#include <cstdlib>
#include <filesystem>

namespace keeper::test {
namespace {

StatusPorts ports(StatusStage& stage) {
  StatusPorts ports;
  ports.view = [&] { return stage.view.with([](auto& view) { return view; }); };
  ports.facts = [&] { return stage.facts.with([](auto& facts) { return facts; }); };
  ports.reload = [&] { return stage.reload.with([](auto& outcome) { return outcome; }); };
  ports.operate = [&](const OperatorAsked& asked) {
    return stage.orders.with([&](auto& orders) {
      orders.push_back(asked);
      return stage.order_answer;
    });
  };
  ports.switchover = [&](const std::string& node) {
    return stage.switchovers.with([&](auto& nodes) {
      nodes.push_back(node);
      return stage.switchover_answer;
    });
  };
  ports.measured = [] { return std::vector<prometheus::MetricFamily>{}; };
  ports.preview = [&](std::string text, const std::string& name) {
    stage.previewed.with([&](auto& last) { last = {std::move(text), name}; });
    return stage.preview_answer;
  };
  return ports;
}

DaemonFacts some_facts() {
  DaemonFacts facts;
  facts.version = "0.1.0";
  facts.started_at = at(-60);
  facts.ready = {{"store_writable", true, ""}, {"loop_turning", true, ""}};
  facts.config = {"/etc/keeper.yaml", "abc", at(-60), true, ""};
  facts.store = {"/var/lib/keeper.db", 8192, 7};
  facts.loop_age = Millis{12};
  facts.log_lines_dropped = 7;
  facts.webhook.listening = true;
  facts.webhook.address = "127.0.0.1:8471";
  facts.webhook.counts.at(index_of(WebhookCounter::received)) = 5;
  facts.providers = {{ProviderName("browsers"), ProviderType{"notte"}, RateLimit{27, Seconds{60}}}};
  return facts;
}

}  // namespace

Wall at(int minutes) { return *parse_time("2026-11-21T09:00:00Z") + std::chrono::minutes{minutes}; }

View view_with_plans() {
  auto config = std::make_shared<Config>();
  Plan windows;
  windows.name = PlanName("front-desk");
  windows.provider = ProviderName("browsers");
  Schedule::Spec spec;
  spec.start = std::get<Cron>(Cron::parse("0 9 * * mon-fri"));
  spec.stop = std::get<Cron>(Cron::parse("0 18 * * mon-fri"));
  spec.zone = *Zone::find("Europe/Berlin");
  windows.schedule = *Schedule::make(spec);
  config->plans[windows.name] = windows;
  Plan always;
  always.name = PlanName("price-watch");
  always.provider = ProviderName("browsers");
  config->plans[always.name] = always;

  View view;
  view.at = at(0);
  view.instance = InstanceId("feed");
  view.counts = {1, 2, 3, 4, 5};
  PlanView desk{windows.name, windows.provider, "f1", "Europe/Berlin", at(600), {}, {}};
  desk.standing.condition = PlanCondition::as_wanted;
  desk.standing.wanted = desk.standing.live = 1;
  desk.standing.next_start = at(60);
  PlanView watch{always.name, always.provider, "f2", "UTC", {}, {}, {}};
  watch.standing.condition = PlanCondition::degraded;
  watch.standing.wanted = 2;
  watch.standing.last_error = "<b>no</b>";
  view.plans = {desk, watch};
  view.providers = {{ProviderName("browsers"), ProviderCondition::failing, {}, "503"}};
  view.config = config;
  return view;
}

StatusStage::StatusStage() : reload(ReloadOutcome{true, ""}) {
  std::string name = std::filesystem::temp_directory_path() / "keeper-http-XXXXXX";
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  directory = name;
  const std::string path = directory + "/keeper.db";
  auto opened = Store::open(path);
  REQUIRE(opened.ok());
  store = std::move(*opened);
  facts.with([](auto& all) { all = some_facts(); });
  auto history = History::open(path);
  REQUIRE(history.ok());
  auto started =
      StatusListener::start({{"127.0.0.1", 0}, {"keeper.example", "other.example:8470"}, Secret(token)},
                            ports(*this), std::shared_ptr<History>(std::move(*history)));
  REQUIRE(started.ok());
  listener = std::move(*started);
}

StatusStage::~StatusStage() {
  listener.reset();
  store.reset();
  std::filesystem::remove_all(directory);
}

void StatusStage::publish(View next) {
  view.with([&](auto& current) { current = std::make_shared<const View>(std::move(next)); });
  listener->published();
}

SessionRow StatusStage::add_session(int number) { return add_sessions(number, number); }

SessionRow StatusStage::add_sessions(int first, int last) {
  Batch batch;
  for (int number = first; number <= last; ++number) {
    SessionRow row;
    row.id = SessionId("s" + std::to_string(number));
    row.plan = PlanName(number % 2 == 1 ? "front-desk" : "price-watch");
    row.provider = ProviderName("browsers");
    row.occurrence = at(number);
    row.created_at = at(number);
    row.remote_id = RemoteId("r" + std::to_string(number));
    TransitionRow created;
    created.session = row.id;
    created.plan = row.plan;
    created.provider = row.provider;
    created.at = created.recorded_at = row.created_at;
    batch.sessions.push_back(row);
    batch.transitions.push_back(created);
  }
  REQUIRE(store->commit(batch).ok());
  return batch.sessions.back();
}

void StatusStage::move(SessionRow& row, State to, Reason reason) {
  TransitionRow moved;
  moved.session = row.id;
  moved.plan = row.plan;
  moved.provider = row.provider;
  moved.remote_id = row.remote_id;
  moved.from = row.state;
  moved.to = to;
  moved.reason = reason;
  moved.cause = Cause::poll;
  moved.at = moved.recorded_at = row.created_at + Seconds{30};
  row.state = to;
  row.reason = reason;
  if (to == State::active) row.active_at = moved.at;
  if (is_terminal(to)) row.ended_at = moved.at;
  Batch batch;
  batch.sessions = {row};
  batch.transitions = {moved};
  REQUIRE(store->commit(batch).ok());
}

void StatusStage::add_delivery(const std::string& type, Disposition disposition, const std::string& body) {
  DeliveryRow row;
  row.provider = ProviderName("agents");
  row.key = type + "|" + body;
  row.type = type;
  row.remote_id = RemoteId("r1");
  row.disposition = disposition;
  row.received_at = at(1);
  row.body = body;
  row.digest = "00";
  Batch batch;
  batch.deliveries = {row};
  REQUIRE(store->commit(batch).ok());
}

RawAnswer StatusStage::send(const std::string& method, const std::string& target, const std::string& headers,
                            const std::string& body) const {
  const std::string host = headers.find("Host:") == std::string::npos ? "Host: localhost\r\n" : "";
  const std::string length = body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  const auto answer = ask(port(), method + " " + target + " HTTP/1.1\r\n" + host + headers + length +
                                      "Connection: close\r\n\r\n" + body);
  REQUIRE(answer);
  return *answer;
}

RawAnswer StatusStage::get(const std::string& target) const { return send("GET", target); }

nlohmann::json StatusStage::json(const std::string& target, int status) const {
  INFO(target);
  const RawAnswer answer = get(target);
  CHECK(answer.status == status);
  CHECK(answer.headers.at("content-type") ==
        (status == 200 ? "application/json" : "application/problem+json"));
  return nlohmann::json::parse(answer.body);
}

}  // namespace keeper::test
