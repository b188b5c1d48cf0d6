// What a session shows that is left alone: when it ends, and whether one heartbeat put that off.
#include <algorithm>

#include "probe/session_steps.h"

namespace keeper::probe {
namespace {

// A session that gets one heartbeat at a third of its idle timeout ends at one time out of three, each told
// from the others by a third of the idle timeout or more:
//
//   idle timeout, from its last activity    no heartbeat counted
//   a third later                           the heartbeat counted
//   anything earlier                        the idle timeout is shorter than that
class LastingPart {
 public:
  explicit LastingPart(SessionSteps& steps)
      : steps_(steps), findings_(steps.findings()), idle_(*steps.terms().plan.idle_timeout) {}

  void run() {
    std::optional<Subject> subject = steps_.start(steps_.limits().lasting_life);
    if (!subject || !steps_.goes_on() || !become_active(*subject)) return;
    begun_ = *subject->active_at;
    last_seen_ = begun_;
    if (steps_.terms().traits.has_heartbeat && !beat(*subject)) return;
    if (!over_) watch(*subject);
    if (!over_ && !steps_.goes_on()) return;
    judge();
    // What is not known any more is stopped all the same.
    if (over_ && !over_->is_gone()) steps_.note_over(*subject);
  }

 private:
  bool become_active(Subject& subject) {
    const Mono until = subject.sent.mono + steps_.terms().plan.start_timeout;
    while (!subject.active_at) {
      const Heard heard = steps_.read(subject);
      if (heard.remote() != nullptr && heard.is_over())
        return leave_out("the session ended before it was active");
      if (subject.active_at) break;
      if (steps_.now().mono >= until) return leave_out("the session did not become active");
      if (!steps_.wait(steps_.now().mono + Seconds{1})) return false;
    }
    return true;
  }

  bool leave_out(const char* why) {
    findings_.leave_out(Claim::idle_timeout, why);
    findings_.leave_out(Claim::idle_end, why);
    return false;
  }

  bool beat(Subject& subject) {
    const Mono at = begun_ + idle_ / 3;
    steps_.tell("one heartbeat in " + to_text(std::chrono::round<Seconds>(at - steps_.now().mono)) +
                ", then it is left to its idle timeout of " + to_text(idle_));
    while (steps_.now().mono < at && !over_) {
      if (!steps_.wait(std::min(at, steps_.now().mono + idle_step(idle_)))) return false;
      look(subject);
    }
    if (over_) return true;
    const Heard heard = steps_.conversation().ask(EffectKind::keep_alive, subject.session, subject.remote);
    if (heard.remote() != nullptr && heard.remote()->heartbeat_error.empty()) beaten_ = heard.came.mono;
    note(heard);
    return true;
  }

  void watch(Subject& subject) {
    const Mono until = std::min(beaten_.value_or(begun_) + idle_ + idle_slack(idle_), subject.end_by);
    while (!over_ && steps_.now().mono < until) {
      steps_.tell("idle for another " + to_text(std::chrono::round<Seconds>(until - steps_.now().mono)) +
                  " at the most");
      for (int i = 0; i < 4 && !over_ && steps_.now().mono < until; ++i) {
        if (!steps_.wait(std::min(until, steps_.now().mono + idle_step(idle_)))) return;
        look(subject);
      }
    }
  }

  void look(Subject& subject) { note(steps_.read(subject)); }

  void note(const Heard& heard) {
    if (heard.remote() != nullptr && !heard.is_over()) last_seen_ = heard.came.mono;
    if (!heard.is_over()) return;
    over_ = heard;
    ended_ = heard.came.mono;
    const Remote* remote = heard.remote();
    if (remote == nullptr || !remote->ended_at) return;
    // Between the two reads, whatever its clock says.
    ended_ =
        std::clamp(steps_.conversation().here(*remote->ended_at, heard.came), last_seen_, heard.came.mono);
  }

  void judge() {
    if (!over_) {
      const Millis idle_for = steps_.now().mono - beaten_.value_or(begun_);
      findings_.set(
          Claim::idle_timeout, Verdict::fails,
          "it lives " + seconds_text(idle_for) + " after its last activity; the plan says " + to_text(idle_));
      findings_.leave_out(Claim::idle_end, "it did not end");
      return;
    }
    const Remote* remote = over_->remote();
    if (remote != nullptr && remote->reason == Reason::max_duration) {
      findings_.set(Claim::maximum, Verdict::fails,
                    "it ended at its maximum after " + seconds_text(ended_ - begun_));
      leave_out("the session ended at its maximum first");
      return;
    }
    judge_length();
    const bool is_told = remote != nullptr && remote->state == State::timed_out;
    findings_.set(Claim::idle_end, is_told ? Verdict::holds : Verdict::fails,
                  remote == nullptr ? "read as gone"
                                    : "read as " + std::string(to_string(remote->state)) + ", '" +
                                          remote->native_status + "'");
  }

  void judge_length() {
    const Millis allowance = idle_step(idle_) + Seconds{5};
    const auto is_near = [&](Mono time) { return std::chrono::abs(ended_ - time) <= allowance; };
    const bool has_moved = findings_.of(Claim::heartbeat_moves).verdict == Verdict::holds;
    if (beaten_ && is_near(*beaten_ + idle_)) {
      findings_.set(Claim::heartbeat_moves, Verdict::holds,
                    "it ended " + seconds_text(ended_ - *beaten_) + " after the heartbeat");
      return set_idle(ended_ - *beaten_, Verdict::holds);
    }
    if (is_near(begun_ + idle_)) {
      if (beaten_)
        findings_.set(Claim::heartbeat_moves, Verdict::fails,
                      "it ended " + seconds_text(ended_ - begun_) +
                          " after it became active, as without the heartbeat");
      return set_idle(ended_ - begun_, Verdict::holds);
    }
    const Mono since = beaten_ && has_moved && *beaten_ < ended_ ? *beaten_ : begun_;
    set_idle(ended_ - since, Verdict::fails);
  }

  void set_idle(Millis measured, Verdict verdict) {
    if (findings_.of(Claim::idle_timeout).verdict == Verdict::fails && verdict == Verdict::holds) return;
    findings_.set(Claim::idle_timeout, verdict, seconds_text(measured) + "; the plan says " + to_text(idle_));
  }

  SessionSteps& steps_;
  Findings& findings_;
  const Millis idle_;
  Mono begun_{};      // of its idle clock, as far as is known
  Mono last_seen_{};  // alive
  Mono ended_{};      // with `over_`
  std::optional<Mono> beaten_;
  std::optional<Heard> over_;
};

}  // namespace

void lasting_part(SessionSteps& steps) { LastingPart(steps).run(); }

}  // namespace keeper::probe
