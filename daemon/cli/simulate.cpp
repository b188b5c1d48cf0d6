#include "cli/simulate.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "base/text.h"
#include "cli/table.h"
#include "config/config.h"
#include "core/counting.h"
#include "provider/provider_table.h"
#include "runtime/inbox.h"
#include "runtime/rounds.h"
#include "store/store.h"

namespace keeper {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct Life {
  PlanName plan;
  Wall begin{};
  std::optional<Wall> end;   // empty: it lives on
  std::string began, ended;  // reasons
};

// Nothing is called, so that what only keeps a session alive or watches it can be left out.
std::shared_ptr<const Config> without_watching(const Config& config) {
  auto quiet = std::make_shared<Config>(config);
  for (auto& [name, traits] : quiet->providers) {
    traits.has_heartbeat = false;
    traits.can_list = false;
    traits.poll_interval = std::chrono::days{365};
    traits.watch_spacing = Millis{0};
  }
  for (auto& [name, plan] : quiet->plans) {
    if (plan.keep_alive.heartbeat) plan.idle_timeout.reset();
  }
  return quiet;
}

// The rounds that ship, over a store in memory and against providers that do at once what they are asked.
class Simulated {
 public:
  Simulated(const Config& config, Wall from, std::unique_ptr<Store> store)
      : config_(without_watching(config)),
        now_{from, Mono{std::chrono::hours{1}}},
        store_(std::move(store)),
        rounds_(store_->load().value(), now_, inbox_, access_, ports()) {}

  void run(Wall to) {
    inbox_.post(ConfigLoaded{config_, 0});
    while (now_.wall < to) {
      rounds_.turn(now_);
      if (inbox_.size() > 0) continue;
      const Millis ahead = rounds_.next_turn(now_) - now_.mono;
      const Millis step = std::min(std::max(ahead, Millis{0}), to - now_.wall);
      now_.wall += step;
      now_.mono += step;
    }
  }

  std::vector<Life> lives() const {
    std::vector<Life> sorted;
    for (const auto& [id, life] : lives_) sorted.push_back(life);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Life& a, const Life& b) { return a.begin < b.begin; });
    return sorted;
  }
  const std::vector<MissedRow>& missed() const { return missed_; }

 private:
  RoundPorts ports() {
    RoundPorts ports;
    ports.commit = [this](Store& store, const Batch& batch) {
      missed_.insert(missed_.end(), batch.missed.begin(), batch.missed.end());
      return store.commit(batch);
    };
    ports.dispatch = [this](const std::vector<Effect>& effects) {
      for (const Effect& effect : effects) inbox_.post(answer(effect));
    };
    ports.committed = [this](const TransitionRow& row) { note(row); };
    return ports;
  }

  void note(const TransitionRow& row) {
    Life& life = lives_[row.session];
    if (!row.from) {
      life.plan = row.plan;
      life.begin = now_.wall;
      life.began = to_string(row.reason);
    } else if (is_terminal(row.to)) {
      life.end = now_.wall;
      life.ended = to_string(row.reason);
    }
  }

  Answer answer(const Effect& effect) {
    Answer told;
    told.kind = effect.kind;
    told.ticket = effect.ticket;
    told.session = effect.session;
    told.provider = effect.provider;
    told.sent_at = now_.mono;
    told.provider_now = now_.wall;
    told.whole = true;
    told.remotes = std::vector<Remote>{remote(effect)};
    return told;
  }

  Remote remote(const Effect& effect) {
    const Plan& plan = config_->plans.at(effect.plan);
    Remote remote;
    remote.id = RemoteId{effect.session.str()};
    remote.created_at = created_.try_emplace(effect.session, now_.wall).first->second;
    remote.last_activity_at = remote.created_at;
    remote.idle_timeout = plan.idle_timeout;
    remote.maximum = plan.maximum;
    const bool idle = plan.idle_timeout && now_.wall >= *remote.created_at + *plan.idle_timeout;
    const bool over = plan.maximum && now_.wall >= *remote.created_at + *plan.maximum;
    if (effect.kind == EffectKind::stop) {
      remote.progress = Progress::ended;
      remote.state = State::closed;
    } else if (idle || over) {
      remote.progress = Progress::ended;
      remote.state = State::timed_out;
      remote.reason = over ? Reason::max_duration : Reason::idle_timeout;
    }
    return remote;
  }

  std::shared_ptr<const Config> config_;
  Now now_;
  std::unique_ptr<Store> store_;
  DirectStore access_{*store_};
  Inbox inbox_{64};
  std::map<SessionId, Life> lives_;
  std::map<SessionId, Wall> created_;
  std::vector<MissedRow> missed_;
  Rounds rounds_;
};

std::string time_text(Wall time, const Zone& zone) {
  return to_rfc3339(std::chrono::floor<Seconds>(time), zone);
}

void show_json(const Config& config, const Simulated& simulated, Wall to, const Terminal& terminal) {
  OrderedJson sessions = OrderedJson::array();
  for (const Life& life : simulated.lives()) {
    const Zone& zone = config.plans.at(life.plan).schedule.spec().zone;
    const auto length = std::chrono::floor<Seconds>(life.end.value_or(to) - life.begin);
    sessions.push_back({{"plan", life.plan.str()},
                        {"start", time_text(life.begin, zone)},
                        {"stop", life.end ? OrderedJson(time_text(*life.end, zone)) : OrderedJson()},
                        {"seconds", length.count()},
                        {"began", life.began},
                        {"ended", life.end ? OrderedJson(life.ended) : OrderedJson()}});
  }
  OrderedJson missed = OrderedJson::array();
  for (const MissedRow& row : simulated.missed()) {
    missed.push_back(
        {{"plan", row.plan.str()},
         {"occurrence", time_text(row.occurrence, config.plans.at(row.plan).schedule.spec().zone)},
         {"why", to_string(row.why)}});
  }
  terminal.out << OrderedJson{{"sessions", sessions}, {"missed", missed}}.dump(2) << "\n";
}

void show_tables(const Config& config, const Simulated& simulated, Wall to, const Terminal& terminal) {
  Table table({"START", "STOP", "FOR", "PLAN~", "BEGAN", "ENDED"});
  std::map<PlanName, std::pair<int, Millis>> sums;
  for (const Life& life : simulated.lives()) {
    const Zone& zone = config.plans.at(life.plan).schedule.spec().zone;
    const Millis length = std::chrono::floor<Seconds>(life.end.value_or(to) - life.begin);
    table.row({time_text(life.begin, zone), life.end ? time_text(*life.end, zone) : "", to_text(length),
               life.plan.str(), life.began, life.ended});
    ++sums[life.plan].first;
    sums[life.plan].second += length;
  }
  if (table.empty()) {
    terminal.out << "nothing would be started\n";
  } else {
    table.print(terminal.out, terminal.columns, terminal.colour);
  }
  for (const MissedRow& row : simulated.missed()) {
    const Zone& zone = config.plans.at(row.plan).schedule.spec().zone;
    terminal.out << "passed over: " << row.plan.str() << " at " << time_text(row.occurrence, zone) << ", "
                 << to_string(row.why) << "\n";
  }
  for (const auto& [plan, sum] : sums) {
    terminal.out << plan.str() << ": " << sum.first << (sum.first == 1 ? " session, " : " sessions, ")
                 << to_text(sum.second) << " in all\n";
  }
}

int wrong(const Terminal& terminal, const std::string& what) {
  terminal.err << "session-keeper: " << what << "\n";
  return exit_usage;
}

}  // namespace

int simulate(const SimulateRequest& request, const Terminal& terminal) {
  const auto from = parse_time_in(request.from, Zone{});
  const auto to = parse_time_in(request.to, Zone{});
  if (!from)
    return wrong(terminal,
                 "--from: '" + printable(request.from) + "' is not a time such as 2026-12-24T09:00:00Z");
  if (!to)
    return wrong(terminal,
                 "--to: '" + printable(request.to) + "' is not a time such as 2026-12-24T09:00:00Z");
  if (!shows_time(*from)) return wrong(terminal, "--from must not be before " + to_rfc3339(clock_floor));
  if (*to <= *from) return wrong(terminal, "--to must be after --from");
  LoadOptions options;
  options.now = *from;
  const LoadOutcome outcome = load_settings(request.config, provider_kinds(), options);
  if (!outcome.settings) {
    for (const Problem& problem : outcome.problems) terminal.err << to_line(problem) << "\n";
    return exit_bad_configuration;
  }
  const Config& config = *outcome.settings->config;
  // The instance is fixed, so that the same file gives the same jitter each time.
  auto store = Store::open_in_memory(InstanceId{"simulated"});
  if (!store) {
    terminal.err << "session-keeper: " << store.error().what << "\n";
    return 1;
  }
  Simulated simulated(config, *from, *std::move(store));
  simulated.run(*to);
  request.json ? show_json(config, simulated, *to, terminal) : show_tables(config, simulated, *to, terminal);
  return 0;
}

}  // namespace keeper
