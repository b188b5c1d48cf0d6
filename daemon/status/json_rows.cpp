#include "status/json_rows.h"

#include "core/delivery_rule.h"

namespace keeper {
namespace {

template <class IdType>
void id_or_null(JsonWriter& json, std::string_view name, const std::optional<IdType>& id) {
  json.text_or_null(name, id ? std::string_view(id->str()) : std::string_view{});
}

void write_cost(JsonWriter& json, const SessionRow& row, const Price* price, Wall now) {
  const auto life = lifetime(row, now);
  if (!price || !life) {
    json.field("cost", nullptr);
    return;
  }
  const Spent spent = spent_within(*life, *price, {Wall::min(), Wall::max()});
  json.begin_object("cost");
  json.field("amount", cost_of(spent.billed, *price));
  json.text_or_null("currency", price->currency);
  json.field("session_time_ms", spent.lived.count());
  json.field("billed_time_ms", spent.billed.count());
  json.end_object();
}

void write_ending(JsonWriter& json, const std::optional<Ending>& ending) {
  if (!ending) return json.field("ending", nullptr);
  json.begin_object("ending");
  json.field("state", to_string(ending->state));
  json.field("reason", to_string(ending->reason));
  json.field("asked_at", ending->asked_at);
  json.end_object();
}

// What the session left, and is billed though the session has ended.
void write_cleanup(JsonWriter& json, const SessionView* seen) {
  if (seen == nullptr || !seen->is_over) return json.field("cleanup", nullptr);
  json.begin_object("cleanup");
  json.field("next_try", seen->next_call_at);
  json.end_object();
}

void write_deadlines(JsonWriter& json, const SessionView& seen) {
  json.field("idle_deadline", seen.idle_deadline);
  json.field("hard_deadline", seen.hard_deadline);
  json.field("next_heartbeat_at", seen.next_heartbeat_at);
  json.field("rollover_at", seen.rollover_at);
}

}  // namespace

void write_members(JsonWriter& json, const SessionRow& row, const SessionView* seen, const Price* price,
                   Wall now) {
  static const SessionView unknown;
  json.field("id", row.id.str());
  json.field("plan", row.plan.str());
  json.field("provider", row.provider.str());
  id_or_null(json, "remote_id", row.remote_id);
  json.field("state", to_string(row.state));
  json.field("reason", to_string(row.reason));
  json.field("progress", to_string(row.progress));
  write_ending(json, row.ending);
  write_cleanup(json, seen);
  json.text_or_null("native_status", row.native_status);
  json.field("occurrence", row.occurrence == Wall{} ? std::nullopt : std::optional<Wall>(row.occurrence));
  json.field("attempt", row.attempt);
  json.field("replica", row.replica);
  json.field("created_at", row.created_at);
  json.field("active_at", row.active_at);
  json.field("ended_at", row.ended_at);
  write_deadlines(json, seen != nullptr && !is_terminal(row.state) ? *seen : unknown);
  id_or_null(json, "predecessor", row.predecessor);
  id_or_null(json, "successor", row.successor);
  json.text_or_null("last_error", row.last_error);
  write_cost(json, row, price, now);
}

void write(JsonWriter& json, const SessionRow& row, const SessionView* seen, const Price* price, Wall now) {
  json.begin_object();
  write_members(json, row, seen, price, now);
  json.end_object();
}

void write(JsonWriter& json, const TransitionRow& row) {
  json.begin_object();
  json.field("seq", row.seq);
  json.field("session_id", row.session.str());
  json.field("plan", row.plan.str());
  json.field("provider", row.provider.str());
  id_or_null(json, "remote_id", row.remote_id);
  json.text_or_null("from", row.from ? to_string(*row.from) : std::string_view{});
  json.field("to", to_string(row.to));
  json.field("reason", to_string(row.reason));
  json.field("cause", to_string(row.cause));
  json.field("at", row.at);
  json.field("recorded_at", row.recorded_at);
  json.text_or_null("detail", row.detail);
  json.end_object();
}

void write(JsonWriter& json, const DeliveryRow& row) {
  json.begin_object();
  json.field("id", row.id);
  json.field("provider", row.provider.str());
  json.field("type", row.type);
  json.text_or_null("remote_id", row.remote_id.str());
  id_or_null(json, "session_id", row.session);
  json.field("disposition", to_string(row.disposition));
  const bool is_followed = row.disposition != Disposition::ignored;
  json.text_or_null("progress", is_followed ? to_string(row.progress) : std::string_view());
  json.field("failed", row.failed);
  json.field("received_at", row.received_at);
  json.end_object();
}

void write(JsonWriter& json, const MissedRow& row) {
  json.begin_object();
  json.field("plan", row.plan.str());
  json.field("occurrence", row.occurrence);
  json.field("why", to_string(row.why));
  json.field("recorded_at", row.recorded_at);
  json.end_object();
}

void write(JsonWriter& json, const CheckFact& check) {
  json.begin_object();
  json.field("name", check.name);
  json.field("passes", check.passes);
  json.text_or_null("detail", check.detail);
  json.end_object();
}

void write(JsonWriter& json, const WebhookFacts& webhook) {
  json.begin_object();
  json.field("listening", webhook.listening);
  json.text_or_null("address", webhook.address);
  for (const WebhookCounterRow& row : webhook_counters) {
    json.field(std::string(row.name) + "_total", webhook.count(row.counter));
  }
  json.field("connections", webhook.connections);
  json.end_object();
}

void write(JsonWriter& json, const ConfigFacts& config) {
  json.begin_object();
  json.field("path", config.path);
  json.field("sha256", config.sha256);
  json.field("loaded_at", config.loaded_at);
  json.field("last_reload_successful", config.last_reload_successful);
  json.text_or_null("last_reload_error", config.last_reload_error);
  json.end_object();
}

void write(JsonWriter& json, const StoreFacts& store) {
  json.begin_object();
  json.field("path", store.path);
  json.field("size_bytes", store.size_bytes);
  json.field("last_seq", store.last_seq);
  json.end_object();
}

void write_pause(JsonWriter& json, const std::optional<Pause>& pause) {
  json.key("pause");
  if (!pause) return json.value(nullptr);
  json.begin_object();
  json.field("since", pause->since);
  json.field("until", pause->until);
  json.text_or_null("reason", pause->reason);
  json.end_object();
}

void write(JsonWriter& json, const OrphanView& orphan) {
  json.begin_object();
  json.field("provider", orphan.provider.str());
  json.text_or_null("place", orphan.place);
  json.field("remote_id", orphan.remote.str());
  json.field("state", to_string(orphan.condition));
  json.text_or_null("session_id", orphan.session ? orphan.session->str() : std::string{});
  json.field("created_at", orphan.created_at);
  json.text_or_null("native_status", orphan.native_status);
  json.end_object();
}

void write(JsonWriter& json, const SweepView& sweep) {
  json.begin_object();
  json.field("provider", sweep.provider.str());
  json.text_or_null("place", sweep.place);
  json.field("listed_at", sweep.done_at);
  json.field("next_at", sweep.next_at);
  json.text_or_null("last_error", sweep.last_error);
  json.end_object();
}

void write(JsonWriter& json, const BudgetView& one) {
  json.begin_object();
  json.field("of", to_string(one.key));
  json.field("state", to_string(one.level));
  json.field("period_begin", one.period.begin);
  json.field("period_end", one.period.end);
  json.field("max_cost", one.budget.max_cost);
  json.text_or_null("currency", one.budget.currency);
  json.field("cost", one.counted ? std::optional<double>(one.used.cost) : std::nullopt);
  const auto limit = one.budget.max_session_time;
  json.field("max_session_time_ms", limit ? std::optional<std::int64_t>(limit->count()) : std::nullopt);
  json.field("session_time_ms",
             one.counted ? std::optional<std::int64_t>(one.used.lived.count()) : std::nullopt);
  json.field("soft_percent", one.budget.soft_percent);
  json.end_object();
}

void write(JsonWriter& json, const TargetView& target) {
  json.begin_object();
  json.field("name", target.name.str());
  json.field("healthy", !target.failing_since);
  json.field("failing_since", target.failing_since);
  json.text_or_null("last_error", target.last_error);
  json.field("waiting", target.waiting);
  json.field("next_attempt", target.next_try_at);
  json.end_object();
}

void write(JsonWriter& json, const MonitorFacts& monitor) {
  json.begin_object();
  json.field("healthy", !monitor.failing_since);
  json.field("failing_since", monitor.failing_since);
  json.text_or_null("last_error", monitor.last_error);
  json.field("last_heard_at", monitor.last_heard_at);
  json.end_object();
}

void write(JsonWriter& json, const AlertRow& row) {
  json.begin_object();
  json.field("event", event_word(row.key.topic, Phase::firing));
  json.field("subject", row.key.subject);
  json.field("since", row.since);
  json.field("text", row.text);
  json.end_object();
}

void write(JsonWriter& json, const MessageRow& row) {
  json.begin_object();
  json.field("id", row.id);
  json.field("target", row.target.str());
  json.field("state", to_string(row.state));
  json.field("created_at", row.created_at);
  json.field("attempts", row.attempts);
  json.field("next_at", row.state == MessageState::waiting ? std::optional<Wall>(row.next_at) : std::nullopt);
  json.field("settled_at", row.settled_at);
  json.text_or_null("last_error", row.last_error);
  json.begin_array("notices");
  for (const Notice& notice : row.notices) {
    json.begin_object();
    json.field("event", event_word(notice.topic, notice.phase));
    json.field("status", to_string(notice.phase));
    json.field("subject", notice.subject);
    json.field("since", notice.since);
    json.field("at", notice.at);
    json.field("times", notice.times);
    json.field("text", notice.text);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write_plan(JsonWriter& json, const PlanView& plan, bool in_full) {
  json.begin_object();
  json.field("name", plan.name.str());
  json.field("provider", plan.provider.str());
  if (in_full) json.field("fingerprint", plan.fingerprint);
  json.field("wanted", plan.standing.wanted);
  json.field("live", plan.standing.live);
  json.field("state", to_string(plan.standing.condition));
  json.field("next_start", plan.standing.next_start);
  json.field("next_stop", plan.next_stop);
  json.field("next_attempt", plan.standing.next_attempt);
  json.field("paused", plan.pause.has_value());
  write_pause(json, plan.pause);
  json.text_or_null("last_error", plan.standing.last_error);
  json.text_or_null("blocked_reason", plan.standing.blocked_reason);
  json.field("blocked_until", plan.standing.blocked_until);
  if (in_full) json.field("time_zone", plan.time_zone);
  json.end_object();
}

void write_provider(JsonWriter& json, const ProviderView& provider, const ProviderFacts* facts) {
  json.begin_object();
  json.field("name", provider.name.str());
  json.text_or_null("type", facts != nullptr ? facts->type.str() : std::string{});
  json.field("state", to_string(provider.condition));
  json.field("starts_from", provider.starts_from);
  json.text_or_null("last_error", provider.last_error);
  std::string limit;
  if (facts != nullptr && facts->rate_limit) {
    limit = std::to_string(facts->rate_limit->calls) + "/" + to_text(facts->rate_limit->window);
  }
  json.text_or_null("rate_limit", limit);
  json.field("rate_left", facts != nullptr ? facts->rate_left : std::nullopt);
  json.end_object();
}

}  // namespace keeper
