// A keeper on a bench: events in, effects and transitions out as short texts, a clock moved by hand.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "core/keeper.h"
#include "core/settings.h"

namespace keeper::bench {

inline Plan always_plan(const std::string& name, const std::string& provider) {
  Plan plan;
  plan.name = PlanName{name};
  plan.provider = ProviderName{provider};
  plan.parameters = "{}";
  plan.fingerprint = "v1";
  plan.keep_alive.restart = Restart::by_schedule;
  return plan;
}

class Bench {
 public:
  explicit Bench(std::vector<Plan> plans, Ledger ledger = {}) : keeper_(instance(std::move(ledger)), now) {
    for (const ProviderType type : {ProviderType::notte, ProviderType::videosdk, ProviderType::sonoran_cms}) {
      ProviderSettings settings;
      settings.type = type;
      config.providers[ProviderName{std::string(to_string(type))}] = traits_of(settings);
    }
    load(std::move(plans));
  }

  void load(std::vector<Plan> plans) {
    config.plans.clear();
    for (Plan& plan : plans) {
      const PlanName name = plan.name;
      config.plans.emplace(name, std::move(plan));
    }
    take(ConfigLoaded{std::make_shared<Config>(config), 0});
  }

  void take(const Event& event) {
    const Decision decision = keeper_.decide(event, now);
    keeper_.install(decision);
    keeper_.check(decision, now);
    for (const Effect& effect : decision.effects) {
      (effect.kind == EffectKind::list ? lists : sent).push_back(effect);
    }
    for (const SessionRow& row : decision.batch.sessions) {
      std::erase_if(rows, [&](const SessionRow& old) { return old.id == row.id; });
      rows.push_back(row);
    }
    for (const TransitionRow& t : decision.batch.transitions) {
      moves.push_back(std::string(to_string(t.to)) + " " + std::string(to_string(t.reason)));
    }
    for (const DeliveryRow& row : decision.batch.deliveries) deliveries.push_back(row);
    for (const MissedRow& row : decision.batch.missed) missed.push_back(row);
    for (const Acknowledgement& ack : decision.acks) acks.push_back(ack.ack);
  }

  void tick() { take(Tick{}); }

  // Moves both clocks and ticks at every wake-up on the way.
  void advance(Millis by) {
    const Mono end = now.mono + by;
    while (true) {
      const Mono next = std::min(keeper_.next_wakeup(now), end);
      if (next > now.mono) {
        now.wall += next - now.mono;
        now.mono = next;
      }
      tick();
      if (next >= end) return;
    }
  }

  // The oldest effect that was not answered yet; a kind of "start", "find", …
  Effect pop(EffectKind kind) {
    const auto at = std::find_if(sent.begin(), sent.end(), [&](const Effect& e) { return e.kind == kind; });
    INFO(waiting());
    REQUIRE(at != sent.end());
    Effect effect = *at;
    sent.erase(at);
    return effect;
  }

  // What the provider's list shows; with the rows that the store has for its remotes.
  void show_list(const std::string& provider, std::vector<Remote> remotes,
                 std::vector<std::optional<SessionRow>> known = {}) {
    const auto at = std::find_if(lists.begin(), lists.end(),
                                 [&](const Effect& e) { return e.provider.str() == provider; });
    REQUIRE(at != lists.end());
    const Effect effect = *at;
    lists.erase(at);
    known.resize(remotes.size());
    Answer told = answer_to(effect, std::move(remotes));
    told.known = std::move(known);
    take(told);
  }

  std::string waiting() const {
    std::string text;
    for (const Effect& effect : sent) text += (text.empty() ? "" : " ") + std::string(to_string(effect.kind));
    return text;
  }

  Answer answer_to(const Effect& effect, Result<std::vector<Remote>> remotes) const {
    Answer told;
    told.kind = effect.kind;
    told.ticket = effect.ticket;
    told.session = effect.session;
    told.provider = effect.provider;
    told.sent_at = now.mono;
    told.provider_now = now.wall;
    told.remotes = std::move(remotes);
    return told;
  }

  void answer(const Effect& effect, Result<std::vector<Remote>> remotes) {
    take(answer_to(effect, std::move(remotes)));
  }

  Remote remote(const std::string& id, Progress progress = Progress::started) const {
    Remote remote;
    remote.id = RemoteId{id};
    remote.progress = progress;
    remote.created_at = remote.last_activity_at = now.wall;
    remote.native_status = progress == Progress::asked ? "queued" : "active";
    return remote;
  }

  Remote ended(const std::string& id, State state, std::optional<Reason> reason = std::nullopt) const {
    Remote told = remote(id, Progress::ended);
    told.state = state;
    told.reason = reason;
    told.native_status = std::string(to_string(state));
    return told;
  }

  const SessionRow& row(std::size_t newest = 0) const { return rows.at(rows.size() - 1 - newest); }

  Keeper& keeper() { return keeper_; }

  Now now{Wall{std::chrono::sys_days{std::chrono::November / 16 / 2026}.time_since_epoch()},
          Mono{std::chrono::hours{100}}};
  Config config;
  std::vector<Effect> sent;   // without lists
  std::vector<Effect> lists;
  std::vector<SessionRow> rows;  // in the order of their last change
  std::vector<std::string> moves;
  std::vector<DeliveryRow> deliveries;
  std::vector<MissedRow> missed;
  std::vector<Ack> acks;

 private:
  static Ledger instance(Ledger ledger) {
    ledger.instance = InstanceId{"bench"};
    return ledger;
  }

  Keeper keeper_;
};

}  // namespace keeper::bench
