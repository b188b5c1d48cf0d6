#include <algorithm>

#include "base/text.h"
#include "config/readers.h"
#include "config/value.h"

namespace keeper::config {
namespace {

Restart restart_by(const Schedule& schedule) {
  return schedule.kind() == Schedule::Kind::occurrences ? Restart::on_failure : Restart::always;
}

// A first wait that is longer than the default of the longest one raises it.
void read_backoff(const Node& node, KeepAlive& keep) {
  const Section& section = keep_alive_section();
  keep.initial_backoff = duration_or_default(node, section, "initial_backoff");
  keep.backoff_reset_after = duration_or_default(node, section, "backoff_reset_after");
  keep.max_backoff = duration_or_default(node, section, "max_backoff");
  if (!duration_at(node, "max_backoff")) keep.max_backoff = std::max(keep.max_backoff, keep.initial_backoff);
}

class KeepAliveReader {
 public:
  KeepAliveReader(const Node& node, const ProviderRead& provider, const Plan& plan, Problems& problems)
      : node_(node),
        traits_(provider.traits),
        type_(provider.settings.type.str()),
        plan_(plan),
        problems_(problems) {}

  KeepAlive read() {
    keep_.heartbeat = traits_.has_heartbeat;
    keep_.rollover = Rollover::by_provider;
    keep_.restart = restart_by(plan_.schedule);
    read_heartbeat();
    read_rollover();
    read_restart();
    check_room();
    return keep_;
  }

 private:
  void error(const Node& node, const std::string& message) {
    problems_.error(node.place, "plan '" + printable(plan_.name.str(), 60) + "': " + message);
  }

  void read_heartbeat() {
    const Node* node = value_at(node_, "heartbeat");
    if (node == nullptr) return;
    if (to_word(*node, {"off"})) {
      keep_.heartbeat = false;
      return;
    }
    const auto every = to_duration(*node);
    if (!every) return;
    if (!traits_.has_heartbeat) {
      problems_.warning(node->place, "plan '" + printable(plan_.name.str(), 60) +
                                         "': 'heartbeat' has no effect, " + type_ +
                                         " has no call that keeps a session alive");
      return;
    }
    keep_.heartbeat_every = every;
    const auto& extension = traits_.extension;
    const bool extends = extension && !extension->adds;
    const auto idle = extends ? std::optional(extension->by) : plan_.idle_timeout;
    if (idle && *every >= *idle) {
      error(*node, "'heartbeat' " + to_text(*every) + " must be shorter than " +
                       (extends ? "what it extends by, " : "the idle timeout, ") + to_text(*idle));
    }
  }

  void read_rollover() {
    if (const Node* node = value_at(node_, "rollover")) {
      const auto word = to_word(*node, {"make_before_break", "break_before_make", "off"});
      if (word == "off") keep_.rollover = Rollover::off;
      if (word == "make_before_break") keep_.rollover = Rollover::make_before_break;
      if (word == "break_before_make") keep_.rollover = Rollover::break_before_make;
      if (keep_.rollover == Rollover::make_before_break && traits_.one_per_place) {
        error(*node, "'rollover' cannot be make_before_break: " + type_ + " holds one session per server");
      }
    }
    if (const Node* node = value_at(node_, "rollover_before")) keep_.rollover_before = to_duration(*node);
  }

  void read_restart() {
    const Node* node = value_at(node_, "restart");
    const auto word = node == nullptr ? std::nullopt : to_word(*node, {"always", "on_failure", "never"});
    if (word == "always") keep_.restart = Restart::always;
    if (word == "on_failure") keep_.restart = Restart::on_failure;
    if (word == "never") keep_.restart = Restart::never;
    read_backoff(node_, keep_);
    if (keep_.max_backoff < keep_.initial_backoff) {
      error(*value_at(node_, "max_backoff"),
            "'max_backoff' is shorter than initial_backoff, " + to_text(keep_.initial_backoff));
    }
  }

  // A rollover that is due as soon as the session lives would never end. `auto` always leaves room.
  void check_room() {
    if (keep_.rollover == Rollover::off || !keep_.rollover_before) return;
    const Millis never = Millis::max();
    const Millis maximum = std::min(plan_.maximum.value_or(never), plan_.max_duration.value_or(never));
    if (*keep_.rollover_before < maximum) return;
    error(*value_at(node_, "rollover_before"), "'rollover_before' " + to_text(*keep_.rollover_before) +
                                                   " must be shorter than the session, " + to_text(maximum));
  }

  const Node& node_;
  Traits traits_;
  std::string type_;
  const Plan& plan_;
  Problems& problems_;
  KeepAlive keep_;
};

}  // namespace

void read_keep_alive(const Node& plan_node, const ProviderRead& provider, Plan& plan, Problems& problems) {
  const Node* given = value_at(plan_node, "keep_alive");
  const Node node = given != nullptr ? *given : default_of(plan_section(), "keep_alive");
  read_backoff(empty_map(), plan.keep_alive);
  if (to_bool(node) == std::optional(false)) return;
  plan.keep_alive = KeepAliveReader(node, provider, plan, problems).read();
}

}  // namespace keeper::config
