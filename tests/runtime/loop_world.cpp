#include "runtime/loop_world.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/known_plan.h"

namespace keeper {

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "keeper-loop-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::shared_ptr<const Config> more_plans(int count) {
  auto config = std::make_shared<Config>(test::known_config());
  Traits traits;
  traits.request_timeout = Seconds{30};
  traits.max_concurrent = 4;
  traits.has_heartbeat = true;
  config->providers[ProviderName("agents")] = traits;
  for (int i = 0; i <= count; ++i) {
    Plan plan = test::known_plan();
    plan.name = PlanName(i == 0 ? "desk" : "desk-" + std::to_string(i));
    plan.provider = ProviderName("agents");
    plan.parameters = "{}";
    plan.fingerprint = "f";
    plan.idle_timeout = std::chrono::minutes{1};
    plan.keep_alive.heartbeat = true;
    plan.keep_alive.restart = Restart::always;
    config->plans[plan.name] = plan;
  }
  return config;
}

std::shared_ptr<const Config> one_plan() { return more_plans(0); }

LoopWorld::LoopWorld() {
  auto opened = Store::open(directory.file("keeper.db"));
  REQUIRE(opened.ok());
  store = *std::move(opened);
  auto reading = History::open(directory.file("keeper.db"));
  REQUIRE(reading.ok());
  history = *std::move(reading);
  access = std::make_unique<DirectStore>(*store);
  boot();
}

void LoopWorld::boot() {
  const Result<Ledger> ledger = store->load();
  REQUIRE(ledger.ok());
  LoopPorts ports;
  ports.dispatch = [this](std::vector<Effect> out) {
    for (Effect& effect : out) {
      if (effect.kind == EffectKind::list) continue;
      const auto row = stored(effect.session);
      rows_before_effects = rows_before_effects && row.ok() && row->has_value();
      order.push_back(std::string(to_string(effect.kind)));
      effects.push_back(std::move(effect));
    }
  };
  ports.renew_at = [this] { return renew_at; };
  ports.pruned = [this](int sessions) { pruned += sessions; };
  ports.may_leave = [this] { ++may_leave; };
  ports.committed = [this](const TransitionRow& row) { transitions.push_back(row); };
  loop = std::make_unique<Loop>(*access, *ledger, inbox, clock, meters, std::move(ports));
}

void LoopWorld::load(std::shared_ptr<const Config> config) {
  inbox.post(ConfigLoaded{std::move(config)});
  turn();
}

Effect LoopWorld::take(EffectKind kind) {
  const auto found =
      std::find_if(effects.rbegin(), effects.rend(), [&](const Effect& one) { return one.kind == kind; });
  REQUIRE(found != effects.rend());
  Effect effect = *found;
  effects.erase(std::next(found).base());
  return effect;
}

void LoopWorld::answer(const Effect& effect, Remote remote) {
  Answer answer;
  answer.kind = effect.kind;
  answer.ticket = effect.ticket;
  answer.session = effect.session;
  answer.provider = effect.provider;
  answer.sent_at = clock.now().mono;
  answer.provider_now = clock.now().wall;
  answer.remotes = std::vector<Remote>{std::move(remote)};
  inbox.post(std::move(answer));
}

Remote LoopWorld::active_remote(const std::string& id) const {
  Remote remote;
  remote.id = RemoteId(id);
  remote.progress = Progress::started;
  remote.state = State::active;
  remote.native_status = "active";
  remote.created_at = clock.now().wall;
  remote.last_activity_at = clock.now().wall;
  remote.idle_timeout = std::chrono::minutes{1};
  return remote;
}

SessionId LoopWorld::activate() {
  load(one_plan());
  const Effect start = take(EffectKind::start);
  answer(start, active_remote("r1"));
  turn();
  REQUIRE(loop->keeper().world().sessions.at(start.session).row.state == State::active);
  return start.session;
}

Delivered LoopWorld::delivery(const std::string& remote, Progress progress) {
  Delivered delivered;
  delivered.row.provider = ProviderName("agents");
  delivered.row.type = progress == Progress::ended      ? "ai-deployment-session-stopped"
                       : progress == Progress::stopping ? "ai-deployment-session-stopping"
                                                        : "ai-deployment-session-started";
  delivered.row.progress = progress;
  delivered.row.remote_id = RemoteId(remote);
  delivered.row.key = delivery_key(delivered.row.type, delivered.row.remote_id);
  delivered.row.received_at = clock.now().wall;
  delivered.row.body = "{}";
  delivered.row.digest = "d-" + delivered.row.key;
  return delivered;
}

}  // namespace keeper
