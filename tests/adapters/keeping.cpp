#include "adapters/keeping.h"

#include <stdexcept>

namespace keeper::test {
namespace {

constexpr Millis step_max = std::chrono::minutes{1};

}  // namespace

Keeping::Keeping(const Adapter& adapter, Millis request_timeout)
    : settings_(settings_of(adapter, playground_.api_url())),
      store_(Store::open_in_memory(InstanceId{"11112222333344445555666677778888"}).value()) {
  ProviderSettings& settings = settings_.providers.at(ProviderName{"it"});
  settings.request_timeout = request_timeout;
  auto config = std::make_shared<Config>(*settings_.config);
  config->providers.at(settings.name).request_timeout = request_timeout;
  settings_.config = config;
  provider_ = make_provider(settings, {});
  crash();
}

void Keeping::crash() {
  inbox_.clear();
  keeper_ = std::make_unique<Keeper>(store_->load().value(), now());
  inbox_.emplace_back(ConfigLoaded{settings_.config, 0});
}

Now Keeping::now() const { return {wall_now() + jumped_, BootClock::now() + jumped_}; }

Answer Keeping::carry(const Effect& effect) {
  ++story_.calls[effect.kind];
  Answer answer;
  answer.sent_at = now().mono;
  if (effect.kind == EffectKind::start) story_.starts.push_back(answer.sent_at);
  Reply reply = carry_out(*provider_, effect);
  answer.kind = effect.kind;
  answer.ticket = effect.ticket;
  answer.session = effect.session;
  answer.provider = effect.provider;
  answer.provider_now = reply.provider_now;
  answer.remotes = std::move(reply.remotes);
  return answer;
}

void Keeping::look_up(Answer& answer) {
  answer.known.assign(answer.remotes->size(), std::nullopt);
  for (std::size_t i = 0; i < answer.known.size(); ++i) {
    const Remote& remote = (*answer.remotes)[i];
    if (keeper_->world().by_remote.contains({answer.provider, remote.id})) continue;
    const auto past = store_->session_of(answer.provider, remote.id).value();
    const auto& id = past ? past : remote.tag;
    if (id) answer.known[i] = store_->session(*id).value();
  }
}

void Keeping::take(const Event& event) {
  const Decision decision = keeper_->decide(event, now());
  keeper_->install(decision);
  keeper_->check(decision, now());
  if (!store_->commit(decision.batch).ok()) throw std::runtime_error("the store refused a batch");
  for (const TransitionRow& row : decision.batch.transitions) {
    if (row.to == State::error) ++story_.errors;
    if (is_terminal(row.to)) ++story_.ended;
  }
  const auto* answer = std::get_if<Answer>(&event);
  for (const SessionRow& row : decision.batch.sessions) {
    const bool looked = answer && answer->kind == EffectKind::find && answer->session == row.id;
    if (looked && row.remote_id) ++story_.found;
    if (row.remote_id) known_.insert(row.remote_id->str());
  }
  for (const Effect& effect : decision.effects) inbox_.emplace_back(carry(effect));
}

void Keeping::turn() {
  while (!inbox_.empty()) {
    Event event = std::move(inbox_.front());
    inbox_.pop_front();
    auto* answer = std::get_if<Answer>(&event);
    if (answer && shows_remotes(*answer)) look_up(*answer);
    take(event);
  }
  take(Tick{});
}

void Keeping::check_live() {
  const Json live = playground_.remotes(true);
  if (live.size() > 1) throw std::runtime_error("two remotes live: " + live.dump());
}

void Keeping::run(Millis time) {
  const Mono end = now().mono + time;
  while (now().mono < end) {
    turn();
    check_live();
    if (!inbox_.empty()) continue;
    const Mono next = std::min({keeper_->next_wakeup(now()), end, now().mono + step_max});
    const Millis jump = next - now().mono;
    if (jump <= Millis{0}) continue;
    playground_.advance(jump);
    jumped_ += jump;
  }
}

void Keeping::stop() {
  OperatorAsked asked;
  asked.order = Order::stop_all;
  inbox_.emplace_back(asked);
}

std::size_t Keeping::unknown() {
  std::size_t count = 0;
  for (const Json& remote : playground_.remotes(false)) {
    if (!known_.contains(remote.at("id").get<std::string>())) ++count;
  }
  return count;
}

bool Keeping::is_active() const {
  int active = 0;
  for (const auto& [id, session] : keeper_->world().sessions) {
    active += session.row.state == State::active ? 1 : 0;
  }
  return active == 1;
}

std::string Keeping::first_live() { return playground_.remotes(true).at(0).at("id").get<std::string>(); }

}  // namespace keeper::test
