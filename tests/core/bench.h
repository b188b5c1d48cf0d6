// A keeper on a bench: events in, effects and transitions out as short texts, a clock moved by hand.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "core/keeper.h"
#include "core/known_plan.h"
#include "core/known_traits.h"

namespace keeper::bench {

inline const ProviderName videosdk{"videosdk"};

inline Plan always_plan(const std::string& name, const std::string& provider) {
  Plan plan = test::known_plan();
  plan.name = PlanName{name};
  plan.provider = ProviderName{provider};
  plan.parameters = "{}";
  plan.fingerprint = "v1";
  plan.keep_alive.restart = Restart::by_schedule;
  return plan;
}

// A plan at Notte whose session is kept alive, and replaced before its maximum.
inline Plan kept_plan(Millis maximum) {
  Plan plan = always_plan("watch", "notte");
  plan.idle_timeout = std::chrono::minutes{3};
  plan.maximum = maximum;
  plan.keep_alive.heartbeat = true;
  plan.keep_alive.rollover = Rollover::make_before_break;
  return plan;
}

class Bench {
 public:
  static constexpr Now monday{
      Wall{std::chrono::sys_days{std::chrono::November / 16 / 2026}.time_since_epoch()},
      Mono{std::chrono::hours{100}}};

  explicit Bench(std::vector<Plan> plans, Ledger ledger = {}, std::map<TargetName, Target> targets = {},
                 Now begin = monday)
      : now(begin), keeper_(instance(std::move(ledger)), now) {
    config.targets = std::move(targets);
    for (const ProviderType& type :
         {ProviderType{"notte"}, ProviderType{"videosdk"}, ProviderType{"sonoran_cms"}}) {
      config.providers[ProviderName{type.str()}] = test::known_traits(type);
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
    posts.insert(posts.end(), decision.posts.begin(), decision.posts.end());
    for (const Notice& one : decision.notices) {
      notices.push_back(std::string(event_word(one.topic, one.phase)) + " " + one.subject);
    }
    for (const AlertKey& key : decision.batch.resolved) {
      std::erase_if(alerts, [&](const AlertRow& old) { return old.key == key; });
    }
    for (const AlertRow& row : decision.batch.alerts) {
      std::erase_if(alerts, [&](const AlertRow& old) { return old.key == row.key; });
      alerts.push_back(row);
    }
    for (const MessageRow& row : decision.batch.messages) messages[row.id] = row;
  }

  void tick() {
    for (const Period& period : keeper_.uncounted(now)) take(PeriodCounted{period, spent(period)});
    take(Tick{});
  }

  // What a store would say of the rows.
  std::vector<SpentBy> spent(const Period& period) const {
    std::vector<SpentBy> all;
    for (const SessionRow& row : rows) {
      const auto life = row.resolved ? lifetime(row, now.wall) : std::nullopt;
      const Price* price = price_of(config, row.provider);
      if (life)
        all.push_back({row.plan, row.provider, spent_within(*life, price ? *price : Price{}, period)});
    }
    return all;
  }

  // The answer to the oldest message that was posted.
  MessageRow deliver(Status outcome = Done{}) {
    REQUIRE_FALSE(posts.empty());
    const Post post = posts.front();
    posts.erase(posts.begin());
    take(Posted{post.message.id, post.ticket, std::move(outcome)});
    return post.message;
  }

  // What a new process would load: only rows.
  Ledger ledger() const {
    Ledger all;
    all.instance = InstanceId{"bench"};
    all.alerts = alerts;
    for (const auto& [id, message] : messages) {
      if (message.state == MessageState::waiting) all.messages.push_back(message);
    }
    std::map<std::pair<PlanName, int>, SessionRow> latest;
    for (const SessionRow& row : rows) {
      if (!row.resolved) all.unresolved.push_back(row);
      const auto newest = latest.find({row.plan, row.replica});
      if (newest == latest.end() || newest->second.attempt < row.attempt)
        latest[{row.plan, row.replica}] = row;
    }
    for (const auto& [slot, row] : latest) all.latest.push_back(row);
    return all;
  }

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
    told.whole = true;
    told.remotes = std::move(remotes);
    if (!told.remotes.ok()) return told;
    for (const Remote& remote : *told.remotes) {
      for (const std::int64_t id : keeper_.world().held.of({told.provider, remote.id})) {
        const auto row =
            std::find_if(deliveries.begin(), deliveries.end(), [&](const auto& one) { return one.id == id; });
        REQUIRE(row != deliveries.end());
        told.held.push_back(*row);
      }
    }
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
  const Keeper& keeper() const { return keeper_; }

  Now now;
  Config config = test::known_config();
  std::vector<Effect> sent;  // without lists
  std::vector<Effect> lists;
  std::vector<SessionRow> rows;  // in the order of their last change
  std::vector<std::string> moves;
  std::vector<DeliveryRow> deliveries;
  std::vector<MissedRow> missed;
  std::vector<Ack> acks;
  std::vector<Post> posts;           // not answered yet
  std::vector<std::string> notices;  // "plan_degraded front-desk"
  std::vector<AlertRow> alerts;
  std::map<std::string, MessageRow> messages;

 private:
  static Ledger instance(Ledger ledger) {
    ledger.instance = InstanceId{"bench"};
    return ledger;
  }

  Keeper keeper_;
};

// Lets the time pass and answers every call as a healthy provider does. Each session ends by itself after
// `lives`, where that is given.
inline void keep_for(Bench& bench, Millis time, std::optional<Millis> lives = std::nullopt) {
  const Mono end = bench.now.mono + time;
  while (bench.now.mono < end) {
    const Mono next = std::min(bench.keeper().next_wakeup(bench.now), end);
    bench.advance(std::max(next - bench.now.mono, Millis{1}));
    while (!bench.sent.empty()) {
      const Effect effect = bench.pop(bench.sent.front().kind);
      const auto row = std::find_if(bench.rows.begin(), bench.rows.end(),
                                    [&](const SessionRow& one) { return one.id == effect.session; });
      const bool starts = effect.kind == EffectKind::start;
      const std::string id = starts ? effect.session.str() : effect.remote.str();
      const bool is_over =
          effect.kind == EffectKind::stop || (!starts && lives && bench.now.wall - row->created_at >= *lives);
      Remote told = is_over ? bench.ended(id, State::closed) : bench.remote(id);
      told.created_at.reset();
      bench.answer(effect, std::vector{told});
    }
  }
}

}  // namespace keeper::bench
