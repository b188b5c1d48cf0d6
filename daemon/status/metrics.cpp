#include "status/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "status/told_leader.h"

namespace keeper {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

using Labels = std::vector<ClientMetric::Label>;

class Families {
 public:
  explicit Families(std::vector<prometheus::MetricFamily> measured) : all_(std::move(measured)) {}

  // Every sample that follows belongs to this one.
  void family(std::string_view name, MetricType type, std::string help) {
    prometheus::MetricFamily fresh;
    fresh.name = "session_keeper_" + std::string(name);
    fresh.help = std::move(help);
    fresh.type = type;
    all_.push_back(std::move(fresh));
  }

  void sample(double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (all_.back().type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    all_.back().metric.push_back(std::move(metric));
  }
  void sample(std::uint64_t value, Labels labels) { sample(static_cast<double>(value), std::move(labels)); }

  void gauge(std::string_view name, double value, std::string help) {
    family(name, MetricType::Gauge, std::move(help));
    sample(value);
  }
  void counter(std::string_view name, std::uint64_t value, std::string help) {
    family(name, MetricType::Counter, std::move(help));
    sample(static_cast<double>(value));
  }

  std::string text() const { return prometheus::TextSerializer().Serialize(all_); }

 private:
  std::vector<prometheus::MetricFamily> all_;
};

double truth(bool value) { return value ? 1 : 0; }
double seconds(Millis duration) { return std::chrono::duration<double>(duration).count(); }

void add_plans(Families& to, const View& view) {
  const auto each = [&](std::string_view name, std::string help, auto value) {
    to.family(name, MetricType::Gauge, std::move(help));
    for (const PlanView& plan : view.plans) to.sample(value(plan), {{"plan", plan.name.str()}});
  };
  each("plan_wanted_sessions", "Sessions that a plan wants alive now.",
       [](const PlanView& plan) { return double(plan.standing.wanted); });
  each("plan_active_sessions", "Sessions of a plan that are active.",
       [](const PlanView& plan) { return double(plan.standing.live); });
  each("plan_degraded", "1 when sessions of a plan ended early three times in a row, until it has recovered.",
       [](const PlanView& plan) { return truth(plan.standing.condition == PlanCondition::degraded); });
  each("plan_blocked", "1 when a budget or a provider forbids a start that a plan wants.",
       [](const PlanView& plan) { return truth(plan.standing.condition == PlanCondition::blocked); });
  each("plan_paused", "1 while an operator's pause lasts.",
       [](const PlanView& plan) { return truth(plan.pause.has_value()); });
}

void add_providers(Families& to, const View& view, const DaemonFacts& facts) {
  const auto each = [&](std::string_view name, std::string help, auto value) {
    to.family(name, MetricType::Gauge, std::move(help));
    for (const ProviderView& provider : view.providers)
      to.sample(value(provider), {{"provider", provider.name.str()}});
  };
  each("provider_healthy", "0 when the last call to a provider failed, or starts at it wait.",
       [](const ProviderView& provider) { return truth(provider.condition == ProviderCondition::healthy); });
  each("provider_circuit_open", "1 while starts wait because too many calls failed in a row.",
       [](const ProviderView& provider) {
         return truth(provider.condition == ProviderCondition::circuit_open);
       });
  each("orphans", "Remotes at a provider that no session stands for.", [&](const ProviderView& provider) {
    return static_cast<double>(
        std::count_if(view.orphans.begin(), view.orphans.end(),
                      [&](const OrphanView& orphan) { return orphan.provider == provider.name; }));
  });
  each("cleanups_waiting", "Sessions that ended and left at a provider what is to be cleaned up.",
       [&](const ProviderView& provider) {
         return static_cast<double>(
             std::count_if(view.sessions.begin(), view.sessions.end(), [&](const SessionView& session) {
               return session.row.provider == provider.name && session.is_over;
             }));
       });
  each("heartbeats_without_effect", "Sessions whose last heartbeat did not count.",
       [&](const ProviderView& provider) {
         return static_cast<double>(
             std::count_if(view.sessions.begin(), view.sessions.end(), [&](const SessionView& session) {
               return session.row.provider == provider.name && session.vain_heartbeats > 0;
             }));
       });
  to.family("provider_rate_left_calls", MetricType::Gauge, "Calls that a provider's rate limit leaves now.");
  for (const ProviderFacts& provider : facts.providers) {
    if (provider.rate_left) to.sample(*provider.rate_left, {{"provider", provider.name.str()}});
  }
}

// Whether those who are to be told can be told.
void add_told(Families& to, const View& view, const DaemonFacts& facts) {
  to.family("notification_target_healthy", MetricType::Gauge,
            "0 when the last try to deliver a message to a notification target failed.");
  for (const TargetView& target : view.targets)
    to.sample(truth(!target.failing_since), {{"target", target.name.str()}});
  to.family("notification_messages_waiting", MetricType::Gauge,
            "Messages to a notification target that were not delivered yet.");
  for (const TargetView& target : view.targets)
    to.sample(double(target.waiting), {{"target", target.name.str()}});
  if (!facts.monitor) return;
  to.gauge("dead_mans_switch_heard", truth(!facts.monitor->failing_since),
           "0 when the last call to the dead man's switch's monitor failed.");
}

void add_budgets(Families& to, const View& view) {
  to.family("budget_used_ratio", MetricType::Gauge, "The part of a budget that its period has used up.");
  for (const BudgetView& row : view.budgets) {
    const Budget& budget = row.budget;
    const double used = budget.max_cost
                            ? row.used.cost / *budget.max_cost
                            : seconds(row.used.lived) / seconds(budget.max_session_time.value_or(Millis{1}));
    to.sample(used, {{"budget", to_string(row.key)}});
  }
}

void add_sessions(Families& to, const View& view) {
  to.family("sessions", MetricType::Gauge, "Sessions by state; ended ones are of all ever recorded.");
  for (std::size_t i = 0; i < all_states.size(); ++i) {
    to.sample(static_cast<double>(view.counts[i]), {{"state", std::string(to_string(all_states[i]))}});
  }
  add_plans(to, view);
}

// Who leads, and what the nodes and their database are.
void add_cluster(Families& to, const ClusterFacts& cluster) {
  to.gauge(
      "holding", truth(holds(cluster)),
      "1 while this node led last, its lease has run out and the database does not answer: it keeps what "
      "lives and starts nothing.");
  if (cluster.lease_left)
    to.gauge("lease_left_seconds", seconds(*cluster.lease_left),
             "What is left of this node's lease of the lead.");
  to.counter("takeovers_total", cluster.takeovers, "How often this process took the lead.");
  to.gauge("store_standbys", cluster.database.synchronous_standbys,
           "Synchronous standbys of the database that are connected.");
  to.gauge("store_timeline", static_cast<double>(timeline_number(cluster.database)),
           "The database's timeline, which rises when a standby takes over.");
  to.family("store_durability", MetricType::Gauge, "1 for what store.durability is.");
  to.sample(1.0, {{"durability", std::string(to_word(cluster.durability))}});
  to.family("nodes", MetricType::Gauge, "Nodes that were seen within 20 seconds, by state.");
  for (const NodeState state : all_node_states) {
    const auto nodes = std::count_if(cluster.nodes.begin(), cluster.nodes.end(), [&](const NodeRow& node) {
      return is_live(node) && node.state == state;
    });
    to.sample(static_cast<double>(nodes), {{"state", to_word(state)}});
  }
  const NodeRow* own = find_node(cluster, cluster.node);
  if (own == nullptr || !own->clock_offset) return;
  to.gauge("clock_offset_seconds", seconds(*own->clock_offset),
           "How far this machine's clock is ahead of the database's.");
}

void add_webhook(Families& to, const WebhookFacts& webhook) {
  to.gauge("webhook_listening", truth(webhook.listening), "1 when the webhook listener is up.");
  to.gauge("webhook_connections", static_cast<double>(webhook.connections), "Connections that are open now.");
  bool in_answers = false;
  for (const WebhookCounterRow& row : webhook_counters) {
    if (!row.help.empty()) {
      to.counter("webhook_" + std::string(row.name) + "_total", webhook.count(row.counter),
                 std::string(row.help));
      continue;
    }
    if (!std::exchange(in_answers, true)) {
      to.family("webhook_answers_total", MetricType::Counter, "Answers of the webhook listener by outcome.");
    }
    to.sample(webhook.count(row.counter), {{"outcome", std::string(row.name)}});
  }
}

}  // namespace

std::string metrics_text(const View& view, const DaemonFacts& facts,
                         std::vector<prometheus::MetricFamily> measured) {
  Families all(std::move(measured));
  all.family("build_info", MetricType::Gauge, "The version that runs.");
  all.sample(1.0, {{"version", facts.version}});
  all.gauge("start_time_seconds", seconds(facts.started_at.time_since_epoch()),
            "When the daemon started, in seconds since the epoch.");
  all.gauge("loop_age_seconds", seconds(facts.loop_age), "Since the loop last turned.");
  all.gauge("ready",
            truth(std::all_of(facts.ready.begin(), facts.ready.end(),
                              [](const CheckFact& check) { return check.passes; })),
            "1 when all readiness checks pass.");
  all.gauge("config_last_reload_successful", truth(facts.config.last_reload_successful),
            "0 when the last reload was refused.");
  all.gauge("store_last_seq", static_cast<double>(facts.store.last_seq), "The last transition in the store.");
  all.gauge("store_size_bytes", static_cast<double>(facts.store.size_bytes), "The store's size.");
  all.counter("log_lines_dropped_total", facts.log_lines_dropped,
              "Log lines that were not written, because nobody read the log.");
  all.gauge("leader", truth(takes_lead(facts)),
            "1 while this daemon leads, which one whose store is a file always does.");
  if (facts.cluster) add_cluster(all, *facts.cluster);
  // A follower knows of no plan and no session, which is not the same as that there are none.
  if (!follows(facts)) {
    add_sessions(all, view);
    add_providers(all, view, facts);
    add_budgets(all, view);
    add_told(all, view, facts);
  }
  add_webhook(all, facts.webhook);
  return all.text();
}

}  // namespace keeper
