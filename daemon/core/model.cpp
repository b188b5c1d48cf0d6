#include "core/model.h"

#include "base/check.h"

namespace keeper {
namespace {

constexpr std::array<std::pair<Reason, std::string_view>, 20> reasons{{
    {Reason::scheduled, "scheduled"},
    {Reason::restarted, "restarted"},
    {Reason::rollover, "rollover"},
    {Reason::start_confirmed, "start_confirmed"},
    {Reason::found, "found"},
    {Reason::webhook_started, "webhook_started"},
    {Reason::observed, "observed"},
    {Reason::start_refused, "start_refused"},
    {Reason::start_timeout, "start_timeout"},
    {Reason::ended_by_provider, "ended_by_provider"},
    {Reason::ended_elsewhere, "ended_elsewhere"},
    {Reason::provider_failed, "provider_failed"},
    {Reason::idle_timeout, "idle_timeout"},
    {Reason::max_duration, "max_duration"},
    {Reason::lost, "lost"},
    {Reason::stopped_by_plan, "stopped_by_plan"},
    {Reason::stopped_by_operator, "stopped_by_operator"},
    {Reason::stopped_at_shutdown, "stopped_at_shutdown"},
    {Reason::superseded, "superseded"},
    {Reason::orphan, "orphan"},
}};

constexpr std::array<std::pair<State, std::string_view>, 5> states{{{State::queued, "queued"},
                                                                    {State::active, "active"},
                                                                    {State::closed, "closed"},
                                                                    {State::error, "error"},
                                                                    {State::timed_out, "timed_out"}}};

constexpr std::array<std::pair<Cause, std::string_view>, 8> causes{
    {{Cause::schedule, "schedule"},
     {Cause::webhook, "webhook"},
     {Cause::provider_answer, "provider_answer"},
     {Cause::poll, "poll"},
     {Cause::deadline, "deadline"},
     {Cause::operator_, "operator"},
     {Cause::reload, "reload"},
     {Cause::recovery, "recovery"}}};

constexpr std::array<std::pair<Disposition, std::string_view>, 5> dispositions{
    {{Disposition::applied, "applied"},
     {Disposition::held, "held"},
     {Disposition::late, "late"},
     {Disposition::ignored, "ignored"},
     {Disposition::unmatched, "unmatched"}}};

constexpr std::array<std::pair<Missed, std::string_view>, 4> missed_reasons{
    {{Missed::overlap, "overlap"},
     {Missed::too_late, "too_late"},
     {Missed::paused, "paused"},
     {Missed::budget, "budget"}}};

constexpr std::array<std::pair<Topic, std::string_view>, 7> topics{
    {{Topic::session_lost, "session_lost"},
     {Topic::plan_degraded, "plan_degraded"},
     {Topic::provider_down, "provider_down"},
     {Topic::budget_soft, "budget_soft"},
     {Topic::budget_hard, "budget_hard"},
     {Topic::orphan_found, "orphan_found"},
     {Topic::start_missed, "start_missed"}}};

constexpr std::array<std::pair<Phase, std::string_view>, 3> phases{
    {{Phase::happened, "happened"}, {Phase::firing, "firing"}, {Phase::resolved, "resolved"}}};

constexpr std::array<std::pair<MessageState, std::string_view>, 3> message_states{
    {{MessageState::waiting, "waiting"}, {MessageState::delivered, "delivered"}, {MessageState::given_up, "given_up"}}};

template <class E, std::size_t N>
std::string_view name_of(const std::array<std::pair<E, std::string_view>, N>& names, E value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  check_failed("a known enumerator", __FILE__, __LINE__);
}

template <class E, std::size_t N>
std::optional<E> value_of(const std::array<std::pair<E, std::string_view>, N>& names, std::string_view text) {
  for (const auto& [value, name] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

template <class Row>
void append(std::vector<Row>& to, const std::vector<Row>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

std::string_view to_string(State state) { return name_of(states, state); }
std::string_view to_string(Reason reason) { return name_of(reasons, reason); }
std::string_view to_string(Cause cause) { return name_of(causes, cause); }
std::string_view to_string(Disposition disposition) { return name_of(dispositions, disposition); }
std::string_view to_string(Missed missed) { return name_of(missed_reasons, missed); }
std::string_view to_string(Topic topic) { return name_of(topics, topic); }
std::string_view to_string(Phase phase) { return name_of(phases, phase); }
std::string_view to_string(MessageState state) { return name_of(message_states, state); }
std::optional<State> parse_state(std::string_view text) { return value_of(states, text); }
std::optional<Reason> parse_reason(std::string_view text) { return value_of(reasons, text); }
std::optional<Cause> parse_cause(std::string_view text) { return value_of(causes, text); }
std::optional<Disposition> parse_disposition(std::string_view text) { return value_of(dispositions, text); }
std::optional<Missed> parse_missed(std::string_view word) { return value_of(missed_reasons, word); }
std::optional<Topic> parse_topic(std::string_view word) { return value_of(topics, word); }
std::optional<Phase> parse_phase(std::string_view word) { return value_of(phases, word); }
std::optional<MessageState> parse_message_state(std::string_view word) { return value_of(message_states, word); }

std::string delivery_key(std::string_view type, const RemoteId& remote) {
  return std::string(type) + "|" + remote.str();
}

std::string_view event_word(Topic topic, Phase phase) {
  if (phase != Phase::resolved) return to_string(topic);
  switch (topic) {
    case Topic::plan_degraded:
      return "plan_recovered";
    case Topic::provider_down:
      return "provider_up";
    case Topic::budget_soft:
    case Topic::budget_hard:
      return "budget_renewed";
    case Topic::session_lost:
    case Topic::orphan_found:
    case Topic::start_missed:
      return to_string(topic);
  }
  check_failed("a known Topic", __FILE__, __LINE__);
}

void append(Batch& to, const Batch& from) {
  append(to.sessions, from.sessions);
  append(to.transitions, from.transitions);
  append(to.deliveries, from.deliveries);
  append(to.plans, from.plans);
  append(to.missed, from.missed);
  append(to.messages, from.messages);
  for (const AlertKey& key : from.resolved) {
    std::erase_if(to.alerts, [&](const AlertRow& row) { return row.key == key; });
    to.resolved.push_back(key);
  }
  append(to.alerts, from.alerts);
}

}  // namespace keeper
