#include "http/metrics.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace keeper {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '"') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result;
}

std::string seconds(Millis duration) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", static_cast<double>(duration.count()) / 1000.0);
  return text.data();
}

class MetricText {
 public:
  // Everything that follows belongs to this metric.
  void metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "session_keeper_" + std::string(name);
    out_ +=
        "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " + std::string(type) + "\n";
  }

  void sample(const std::string& value, const Labels& labels = {}) {
    out_ += name_;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      out_ += (i == 0 ? "{" : ",") + std::string(labels[i].first) + "=\"" + escaped(labels[i].second) + "\"";
    }
    if (!labels.empty()) out_ += '}';
    out_ += ' ' + value + '\n';
  }
  void sample(std::integral auto value, const Labels& labels = {}) { sample(std::to_string(value), labels); }

  void gauge(std::string_view name, std::string_view help, const std::string& value) {
    metric(name, "gauge", help);
    sample(value);
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    metric(name, "counter", help);
    sample(value);
  }

  void histogram(std::string_view name, std::string_view help, const Histogram& values) {
    metric(name, "histogram", help);
    const std::string base = name_;
    name_ = base + "_bucket";
    for (std::size_t i = 0; i < values.counts.size(); ++i) {
      sample(values.counts[i], {{"le", seconds(Histogram::bounds[i])}});
    }
    sample(values.count, {{"le", "+Inf"}});
    name_ = base + "_sum";
    sample(seconds(values.sum));
    name_ = base + "_count";
    sample(values.count);
  }

  std::string take() { return std::move(out_); }

 private:
  std::string name_;
  std::string out_;
};

std::string truth(bool value) { return value ? "1" : "0"; }

void write_view(MetricText& text, const View& view) {
  text.metric("sessions", "gauge", "Sessions by state; ended ones as long as they are kept.");
  for (std::size_t i = 0; i < all_states.size(); ++i) {
    text.sample(view.counts[i], {{"state", to_string(all_states[i])}});
  }
  text.metric("plan_wanted_sessions", "gauge", "Sessions that a plan wants alive now.");
  for (const PlanView& plan : view.plans) text.sample(plan.wanted, {{"plan", plan.name.str()}});
  text.metric("plan_active_sessions", "gauge", "Sessions of a plan that are active.");
  for (const PlanView& plan : view.plans) text.sample(plan.live, {{"plan", plan.name.str()}});
  text.metric("plan_degraded", "gauge", "1 when a plan has less than it wants and troubles.");
  for (const PlanView& plan : view.plans) {
    text.sample(truth(plan.condition == PlanCondition::degraded), {{"plan", plan.name.str()}});
  }
  text.metric("provider_healthy", "gauge", "0 when the last call to a provider failed.");
  for (const ProviderView& provider : view.providers) {
    text.sample(truth(provider.condition == ProviderCondition::healthy), {{"provider", provider.name.str()}});
  }
}

void write_webhook(MetricText& text, const WebhookFacts& webhook) {
  text.gauge("webhook_listening", "1 when the webhook listener is up.", truth(webhook.listening));
  text.gauge("webhook_connections", "Connections that are open now.", std::to_string(webhook.connections));
  text.counter("webhook_received_total", "Complete requests that were handed to verification.",
               webhook.received_total);
  text.metric("webhook_answers_total", "counter", "Answers of the webhook listener by outcome.");
  text.sample(webhook.recorded_total, {{"outcome", "recorded"}});
  text.sample(webhook.duplicate_total, {{"outcome", "duplicate"}});
  text.sample(webhook.held_total, {{"outcome", "held"}});
  text.sample(webhook.ignored_total, {{"outcome", "ignored"}});
  text.sample(webhook.unauthorized_total, {{"outcome", "unauthorized"}});
  text.sample(webhook.malformed_total, {{"outcome", "malformed"}});
  text.sample(webhook.refused_total, {{"outcome", "refused"}});
  text.sample(webhook.timed_out_total, {{"outcome", "timed_out"}});
  text.sample(webhook.unavailable_total, {{"outcome", "unavailable"}});
  text.counter("webhook_evicted_total", "Connections closed because there were too many.",
               webhook.evicted_total);
}

}  // namespace

std::string metrics_text(const View& view, const DaemonFacts& facts) {
  MetricText text;
  text.metric("build_info", "gauge", "The version that runs.");
  text.sample(1, {{"version", facts.version}});
  text.gauge("start_time_seconds", "When the daemon started, in seconds since the epoch.",
             seconds(facts.started_at.time_since_epoch()));
  text.gauge("loop_age_seconds", "Since the loop last turned.", seconds(facts.loop_age));
  bool ready = true;
  for (const CheckFact& check : facts.ready) ready = ready && check.passes;
  text.gauge("ready", "1 when all readiness checks pass.", truth(ready));
  text.gauge("config_last_reload_successful", "0 when the last reload was refused.",
             truth(facts.config.last_reload_successful));
  text.metric("transitions_total", "counter", "Transitions ever written to the store; the last one's seq.");
  text.sample(facts.store.last_seq);
  text.gauge("store_size_bytes", "The store's size.", std::to_string(facts.store.size_bytes));
  text.histogram("start_lateness_seconds", "How long after its time the first start of an occurrence left.",
                 facts.start_lateness);
  write_view(text, view);
  write_webhook(text, facts.webhook);
  return text.take();
}

}  // namespace keeper
