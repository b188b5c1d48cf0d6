// Every enumeration that is stored or shown, with its words: an enumerator and its word stand side by side,
// once. The store, the API, the configuration and the messages use these words, so that a word is never
// changed, and a new one is one new line here. to_string() gives the word of a value; parse_*() gives the
// value of a word, or empty for a text that is none. all_*: the values in the order of the list. Plain
// values; any thread.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/check.h"

namespace keeper {

template <class E>
struct Word {
  E value;
  std::string_view text;
};

template <class E, std::size_t N>
constexpr std::string_view word_of(const std::array<Word<E>, N>& words, E value) {
  for (const Word<E>& word : words) {
    if (word.value == value) return word.text;
  }
  check_failed("a known enumerator", __FILE__, __LINE__);
}

template <class E, std::size_t N>
constexpr std::optional<E> value_of(const std::array<Word<E>, N>& words, std::string_view text) {
  for (const Word<E>& word : words) {
    if (word.text == text) return word.value;
  }
  return std::nullopt;
}

template <class E, std::size_t N>
constexpr std::array<E, N> values_of(const std::array<Word<E>, N>& words) {
  std::array<E, N> values{};
  for (std::size_t i = 0; i < N; ++i) values[i] = words[i].value;
  return values;
}

#define KEEPER_VALUE(value, ...) value,
#define KEEPER_WORD(value, word, ...) Word<Of>{Of::value, word},

// The enumeration `Enum` from a list of ENTRY(value, word, ...), with its to_string(), parse_`name`() and
// all_`names`.
#define KEEPER_WORDS(Enum, name, names, LIST)                                            \
  enum class Enum { LIST(KEEPER_VALUE) };                                                \
  inline constexpr auto name##_words = [] {                                              \
    using Of = Enum;                                                                     \
    return std::array{LIST(KEEPER_WORD)};                                                \
  }();                                                                                   \
  inline constexpr auto all_##names = values_of(name##_words);                           \
  inline std::string_view to_string(Enum value) { return word_of(name##_words, value); } \
  inline std::optional<Enum> parse_##name(std::string_view text) { return value_of(name##_words, text); }

#define KEEPER_STATES(ENTRY) \
  ENTRY(queued, "queued")    \
  ENTRY(active, "active")    \
  ENTRY(closed, "closed")    \
  ENTRY(error, "error")      \
  ENTRY(timed_out, "timed_out")
KEEPER_WORDS(State, state, states, KEEPER_STATES)

// Why a session is in its state; and whether an end for this reason is the keeper's own doing, so that it is
// no failure.
// clang-format off
#define KEEPER_REASONS(ENTRY)                                                                                    \
  ENTRY(scheduled, "scheduled", false)                     /* created because its schedule wants it */           \
  ENTRY(started_by_operator, "started_by_operator", false) /* created because an operator asked */               \
  ENTRY(restarted, "restarted", false)                     /* created because the last attempt ended */          \
  ENTRY(rollover, "rollover", false)                       /* created to take over from a predecessor */         \
  ENTRY(start_confirmed, "start_confirmed", false)         /* the provider answered the start */                 \
  ENTRY(found, "found", false)                             /* an ambiguous start was found at the provider */    \
  ENTRY(webhook_started, "webhook_started", false)         /* a verified delivery said so */                     \
  ENTRY(observed, "observed", false)                       /* a read of the provider said so */                  \
  ENTRY(start_refused, "start_refused", false)             /* the provider refused the start for good */         \
  ENTRY(start_timeout, "start_timeout", false)             /* not active within start_timeout */                 \
  ENTRY(ended_by_provider, "ended_by_provider", false)     /* the provider ended it in the ordinary way */       \
  ENTRY(ended_elsewhere, "ended_elsewhere", false)         /* somebody else ended it */                          \
  ENTRY(provider_failed, "provider_failed", false)         /* the provider says that it failed */                \
  ENTRY(idle_timeout, "idle_timeout", false)               /* its idle timeout passed */                         \
  ENTRY(max_duration, "max_duration", false)               /* its maximum passed */                              \
  ENTRY(lost, "lost", false)                               /* the provider no longer knows it, unasked */        \
  ENTRY(stopped_by_plan, "stopped_by_plan", true)          /* the plan no longer wants it */                     \
  ENTRY(stopped_by_operator, "stopped_by_operator", true)  /* an operator asked */                               \
  ENTRY(stopped_at_shutdown, "stopped_at_shutdown", true)  /* on_shutdown: stop */                               \
  ENTRY(superseded, "superseded", true)                    /* its successor is active, or its parameters changed */ \
  ENTRY(orphan, "orphan", true)                            /* alive at the provider, ours, without a session */
// clang-format on
KEEPER_WORDS(Reason, reason, reasons, KEEPER_REASONS)

constexpr bool ended_by_keeper(Reason reason) {
#define KEEPER_OWN_END(value, word, own) (own && reason == Reason::value) ||
  return KEEPER_REASONS(KEEPER_OWN_END) false;
#undef KEEPER_OWN_END
}

// Which kind of event moved a session.
#define KEEPER_CAUSES(ENTRY)                \
  ENTRY(schedule, "schedule")               \
  ENTRY(webhook, "webhook")                 \
  ENTRY(provider_answer, "provider_answer") \
  ENTRY(poll, "poll")                       \
  ENTRY(deadline, "deadline")               \
  ENTRY(operator_, "operator")              \
  ENTRY(reload, "reload")                   \
  ENTRY(recovery, "recovery")
KEEPER_WORDS(Cause, cause, causes, KEEPER_CAUSES)

// What became of a webhook delivery.
#define KEEPER_DISPOSITIONS(ENTRY) \
  ENTRY(applied, "applied")        \
  ENTRY(held, "held")              \
  ENTRY(late, "late")              \
  ENTRY(ignored, "ignored")        \
  ENTRY(unmatched, "unmatched")
KEEPER_WORDS(Disposition, disposition, dispositions, KEEPER_DISPOSITIONS)

// Why an occurrence that was due began nothing.
#define KEEPER_MISSED(ENTRY)  \
  ENTRY(overlap, "overlap")   \
  ENTRY(too_late, "too_late") \
  ENTRY(paused, "paused")     \
  ENTRY(budget, "budget")
KEEPER_WORDS(Missed, missed, missed_causes, KEEPER_MISSED)

// What somebody is told of; and the word for the end of what lasts, which is the same word for what only
// happens.
#define KEEPER_TOPICS(ENTRY)                                            \
  ENTRY(session_lost, "session_lost", "session_lost")                   \
  ENTRY(plan_degraded, "plan_degraded", "plan_recovered")               \
  ENTRY(provider_down, "provider_down", "provider_up")                  \
  ENTRY(keeping_behind, "keeping_behind", "keeping_in_time")            \
  ENTRY(budget_soft, "budget_soft", "budget_renewed")                   \
  ENTRY(budget_hard, "budget_hard", "budget_renewed")                   \
  ENTRY(orphan_found, "orphan_found", "orphan_found")                   \
  ENTRY(start_missed, "start_missed", "start_missed")                   \
  ENTRY(leader_changed, "leader_changed", "leader_changed")             \
  ENTRY(no_standby, "no_standby", "standby_back")                       \
  ENTRY(store_lost_commits, "store_lost_commits", "store_lost_commits") \
  ENTRY(late_start, "late_start", "late_start")
KEEPER_WORDS(Topic, topic, topics, KEEPER_TOPICS)

// Something happens once, or it lasts from firing to resolved.
#define KEEPER_PHASES(ENTRY)  \
  ENTRY(happened, "happened") \
  ENTRY(firing, "firing")     \
  ENTRY(resolved, "resolved")
KEEPER_WORDS(Phase, phase, phases, KEEPER_PHASES)

// The word that the configuration and the messages use: "plan_degraded", "plan_recovered".
constexpr std::string_view event_word(Topic topic, Phase phase) {
#define KEEPER_END_WORD(value, word, end) Word<Topic>{Topic::value, end},
  constexpr std::array ends{KEEPER_TOPICS(KEEPER_END_WORD)};
#undef KEEPER_END_WORD
  return phase == Phase::resolved ? word_of(ends, topic) : word_of(topic_words, topic);
}

#define KEEPER_MESSAGE_STATES(ENTRY) \
  ENTRY(waiting, "waiting")          \
  ENTRY(delivered, "delivered")      \
  ENTRY(given_up, "given_up")
KEEPER_WORDS(MessageState, message_state, message_states, KEEPER_MESSAGE_STATES)

// How far a remote has come, in this order. It never goes back, whatever arrives late. Ended is
// terminal. The store has the number of a word, so that the order is never changed.
#define KEEPER_PROGRESS(ENTRY) \
  ENTRY(asked, "asked")        \
  ENTRY(starting, "starting")  \
  ENTRY(started, "started")    \
  ENTRY(stopping, "stopping")  \
  ENTRY(ended, "ended")
KEEPER_WORDS(Progress, progress, progresses, KEEPER_PROGRESS)

// An order to a provider.
#define KEEPER_EFFECT_KINDS(ENTRY) \
  ENTRY(start, "start")            \
  ENTRY(find, "find")              \
  ENTRY(observe, "observe")        \
  ENTRY(keep_alive, "keep_alive")  \
  ENTRY(stop, "stop")              \
  ENTRY(cleanup, "cleanup")        \
  ENTRY(list, "list")
KEEPER_WORDS(EffectKind, effect_kind, effect_kinds, KEEPER_EFFECT_KINDS)

// How a plan stands: the first of these words that is true of it. core/condition.h decides which is.
// clang-format off
#define KEEPER_PLAN_CONDITIONS(ENTRY)                                                                            \
  ENTRY(paused, "paused")       /* an operator's pause lasts: nothing starts, and what lives goes on */          \
  ENTRY(degraded, "degraded")   /* in a slot sessions ended early again and again; see is_degraded() */          \
  ENTRY(blocked, "blocked")     /* it lacks a session, and a budget, the provider or a lost start forbids one */ \
  ENTRY(starting, "starting")   /* it lacks a session, and the start is under way or due */                      \
  ENTRY(as_wanted, "as_wanted") /* what it wants is active */                                                    \
  ENTRY(stopping, "stopping")   /* it wants nothing, and a session is being ended or is to be stopped */         \
  ENTRY(idle, "idle")           /* it wants nothing and has nothing */
// clang-format on
KEEPER_WORDS(PlanCondition, plan_condition, plan_conditions, KEEPER_PLAN_CONDITIONS)

// How a provider stands. Heartbeats and stops leave in all of them.
// clang-format off
#define KEEPER_PROVIDER_CONDITIONS(ENTRY)                                                                        \
  ENTRY(healthy, "healthy")                                                                                      \
  ENTRY(failing, "failing")           /* its last call failed */                                                 \
  ENTRY(circuit_open, "circuit_open") /* too many calls in a row failed: starts wait, and one at a time probes */ \
  ENTRY(exhausted, "exhausted")       /* a rate or an allowance is used up: starts wait */                       \
  ENTRY(cut_off, "cut_off")           /* this machine has no route to it */
// clang-format on
KEEPER_WORDS(ProviderCondition, provider_condition, provider_conditions, KEEPER_PROVIDER_CONDITIONS)

// What is done with a remote that no session stands for.
// clang-format off
#define KEEPER_ORPHAN_CONDITIONS(ENTRY)                                                                          \
  ENTRY(stranger, "stranger") /* it is not the keeper's, and is never touched */                                 \
  ENTRY(reported, "reported") /* it is the keeper's, and is left alone by `orphans: report` */                   \
  ENTRY(stopping, "stopping") /* it is the keeper's, and is stopped until the provider confirms that it is gone */
// clang-format on
KEEPER_WORDS(OrphanCondition, orphan_condition, orphan_conditions, KEEPER_ORPHAN_CONDITIONS)

#define KEEPER_BUDGET_LEVELS(ENTRY) \
  ENTRY(within, "within")           \
  ENTRY(soft, "soft")               \
  ENTRY(hard, "hard")
KEEPER_WORDS(BudgetLevel, budget_level, budget_levels, KEEPER_BUDGET_LEVELS)

// What a reload would change of a plan.
// clang-format off
#define KEEPER_PLAN_CHANGES(ENTRY)                                                                               \
  ENTRY(none, "none")       /* its provider and session are the same; its schedule or another key may have changed */ \
  ENTRY(added, "added")     /* it is not in the configuration that is in effect */                               \
  ENTRY(removed, "removed") /* it is not in the new configuration */                                             \
  ENTRY(session_changed, "session_changed") /* `provider` or `session` changed: its sessions are rolled over */
// clang-format on
KEEPER_WORDS(PlanChange, plan_change, plan_changes, KEEPER_PLAN_CHANGES)

#undef KEEPER_VALUE
#undef KEEPER_WORD
#undef KEEPER_WORDS

}  // namespace keeper
