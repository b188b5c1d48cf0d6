#include "adapters/keeping.h"

#include <stdexcept>

namespace keeper::test {
namespace {

using std::chrono::minutes;

constexpr Millis step_max = minutes{1};

// A lower bound, in classes that neither jitter crosses nor the seconds that a loaded machine takes for the
// calls.
std::string wait_class(Millis wait) {
  if (wait >= minutes{59}) return "after an hour";
  if (wait >= minutes{5}) return "after the idle timeout";
  if (wait >= Seconds{59}) return "after a minute";
  if (wait >= Seconds{29}) return "after half a minute";
  return wait >= Seconds{15} ? "after some seconds" : "at once";
}

}  // namespace

std::string told_start(const Story& story) {
  std::string text;
  if (story.found > 0) text = "found it";
  if (story.errors > 0) text += (text.empty() ? "" : ", ") + std::string("error");
  if (story.starts.size() > 1) {
    text += (text.empty() ? "" : ", ") + std::string("started again ") +
            wait_class(story.starts[1] - story.starts[0]);
  }
  return text.empty() ? "went on" : text;
}

Keeping::Keeping(const Adapter& adapter, Millis request_timeout, By by)
    : gateway_(by == By::gateway ? std::make_unique<Gateway>(playground_.api_url()) : nullptr),
      settings_(settings_of(adapter, gateway_ ? gateway_->url() : playground_.api_url())),
      store_(Store::open_in_memory(InstanceId{"11112222333344445555666677778888"}).value()) {
  ProviderSettings& settings = settings_.providers.at(ProviderName{"it"});
  settings.request_timeout = request_timeout;
  auto config = std::make_shared<Config>(*settings_.config);
  config->providers.at(settings.name).request_timeout = request_timeout;
  settings_.config = config;
  provider_ = waiting_provider(settings, {});
  crash();
}

RoundPorts Keeping::ports() {
  RoundPorts ports;
  ports.dispatch = [this](const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) inbox_->post(carry(effect));
  };
  ports.committed = [this](const TransitionRow& row) {
    if (row.to == State::error) ++story_.errors;
    if (is_terminal(row.to)) ++story_.ended;
  };
  ports.session_changed = [this](const auto& change) { note(change); };
  ports.store_error = [](const std::string& what) {
    if (!what.empty()) throw std::runtime_error("the store refused a batch: " + what);
  };
  return ports;
}

void Keeping::crash() {
  inbox_ = std::make_unique<Inbox>(64);
  access_ = std::make_unique<DirectStore>(*store_);
  rounds_ = std::make_unique<Rounds>(store_->load().value(), now(), *inbox_, *access_, ports());
  inbox_->post(ConfigLoaded{settings_.config, 0});
}

void Keeping::note(const Change<SessionId, Tracked>& change) {
  const auto remote_of = [](const std::optional<Tracked>& session) {
    return session ? session->row.remote_id : std::nullopt;
  };
  const std::optional<RemoteId> before = remote_of(change.before);
  const std::optional<RemoteId> after = remote_of(change.after);
  const bool looked =
      change.before && change.before->flight && change.before->flight->kind == EffectKind::find;
  if (looked && !before && after) ++story_.found;
  if (after) known_.insert(after->str());
}

Now Keeping::now() const { return {wall_now() + jumped_, BootClock::now() + jumped_}; }

Answer Keeping::carry(const Effect& effect) {
  ++story_.calls[effect.kind];
  Answer answer;
  answer.sent_at = now().mono;
  if (effect.kind == EffectKind::start) story_.starts.push_back(answer.sent_at);
  const int struck_before = gateway_ ? gateway_->struck() : 0;
  const int served_before = gateway_ ? gateway_->served() : 0;
  if (gateway_) gateway_->carrying(effect.kind);
  Reply reply = carry_out(*provider_, effect);
  answer.kind = effect.kind;
  answer.ticket = effect.ticket;
  answer.session = effect.session;
  answer.provider = effect.provider;
  answer.provider_now = reply.provider_now;
  answer.whole = reply.whole;
  answer.remotes = std::move(reply.remotes);
  if (gateway_ && gateway_->struck() > struck_before) {
    gateway_->settle(served_before + 1);
    if (!story_.struck) story_.struck = answer;
  }
  return answer;
}

void Keeping::check_live() {
  const Json live = playground_.remotes(true);
  if (live.size() > 1) throw std::runtime_error("two remotes live: " + live.dump());
}

void Keeping::run(Millis time) {
  const Mono end = now().mono + time;
  while (now().mono < end) {
    rounds_->turn(now());
    check_live();
    if (inbox_->size() > 0) continue;
    const Mono next = std::min({rounds_->next_turn(now()), end, now().mono + step_max});
    const Millis jump = next - now().mono;
    if (jump <= Millis{0}) continue;
    playground_.advance(jump);
    jumped_ += jump;
  }
}

void Keeping::stop() {
  OperatorAsked asked;
  asked.order = Order::stop_all;
  inbox_->post(asked);
}

std::size_t Keeping::unknown() {
  std::size_t count = 0;
  for (const Json& remote : playground_.remotes(false)) {
    if (!known_.contains(remote.at("id").get<std::string>())) ++count;
  }
  return count;
}

std::size_t Keeping::billed() {
  std::size_t count = 0;
  for (const Json& remote : playground_.remotes(false)) count += remote.at("billed").get<bool>() ? 1U : 0U;
  return count;
}

bool Keeping::is_active() const {
  int active = 0;
  for (const auto& [id, session] : rounds_->keeper().world().sessions) {
    active += session.row.state == State::active ? 1 : 0;
  }
  return active == 1;
}

std::string Keeping::first_live() { return playground_.remotes(true).at(0).at("id").get<std::string>(); }

}  // namespace keeper::test
