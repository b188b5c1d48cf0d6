// What a session of a few minutes shows: the list, the words, a heartbeat, a second start, the stops.
#include <algorithm>
#include <set>

#include "base/hash.h"
#include "core/origin.h"
#include "probe/session_steps.h"

namespace keeper::probe {
namespace {

constexpr Millis clock_allowance = Seconds{5};
constexpr Millis created_allowance = Seconds{3};
constexpr Millis listed_within = Seconds{15};
constexpr Millis ended_shown = std::chrono::minutes{1};
constexpr Millis stop_again = Seconds{10};
// The core takes one answer of "unknown" for no end.
constexpr int unknown_reads = 2;

std::string word_text(const std::string& word) { return word.empty() ? "no word" : "'" + word + "'"; }

std::string status_text(const Heard& heard) {
  return heard.statuses.empty() ? std::string() : "answered " + std::to_string(heard.statuses.front()) + ", ";
}

class BriefPart {
 public:
  explicit BriefPart(SessionSteps& steps) : steps_(steps), findings_(steps.findings()) {}

  bool run() {
    if (!look_before()) return true;
    ask_unknown();
    tell_clock();
    std::optional<Subject> subject = steps_.start(steps_.limits().brief_life);
    if (!subject) return false;
    judge_start(*subject);
    if (steps_.goes_on()) settle(*subject);
    if (!early_end_.empty()) return leave_ended(*subject);
    if (steps_.goes_on() && has_time(*subject)) beat(*subject);
    if (steps_.goes_on() && has_time(*subject)) start_again(*subject);
    tell_clock();
    return steps_.goes_on() && stop(*subject);
  }

 private:
  // What ended by itself shows nothing of heartbeats and stops.
  bool leave_ended(const Subject& subject) {
    steps_.note_over(subject);
    for (const auto& word : claim_words) findings_.leave_out(word.value, "the session ended at once");
    return false;
  }

  bool has_time(const Subject& subject) const {
    return steps_.now().mono + steps_.terms().traits.request_timeout < subject.end_by;
  }

  // False: nothing may be started.
  bool look_before() {
    const Traits& traits = steps_.terms().traits;
    std::set<RemoteId> before;
    if (traits.can_list) {
      const Heard heard = steps_.conversation().ask(EffectKind::list, {});
      if (!heard.ok()) {
        steps_.break_off("the list cannot be read, so that nothing was started: " + heard.error().what);
        return false;
      }
      for (const Remote& remote : *heard.reply.remotes) {
        if (remote.progress != Progress::ended) before.insert(remote.id);
      }
      if (traits.one_per_place && !before.empty()) {
        steps_.break_off("the place is taken by session " + before.begin()->str() +
                         ", so that nothing was started: stop it, or name a plan with another place");
        return false;
      }
    }
    const Status noted = steps_.journal().note_listed(before);
    if (!noted) steps_.break_off(noted.error().what);
    return noted.ok();
  }

  // A read that touches a session, or that names a place, tells nothing of an id.
  void ask_unknown() {
    const Traits& traits = steps_.terms().traits;
    if (traits.one_per_place) return findings_.leave_out(Claim::unknown, "a place is read, not an id");
    const RemoteId made_up{"00000000-0000-4000-8000-000000000000"};
    const Heard heard =
        steps_.conversation().ask(EffectKind::observe, SessionId{stable_hex128("nobody")}, made_up);
    if (heard.is_gone())
      return findings_.set(Claim::unknown, Verdict::holds, status_text(heard) + "read as gone");
    const std::string told =
        heard.ok() ? "read as a session" : "read as " + std::string(to_string(heard.error().kind));
    findings_.set(Claim::unknown, Verdict::fails, status_text(heard) + told);
  }

  void tell_clock() {
    const auto offset = steps_.conversation().clock_offset();
    if (!offset) return findings_.leave_out(Claim::clock, "no answer has a Date");
    const std::string figure = "its clock is " + seconds_text(std::chrono::abs(*offset)) +
                               (*offset < Millis{0} ? " behind" : " ahead");
    findings_.set(Claim::clock,
                  std::chrono::abs(*offset) <= clock_allowance ? Verdict::holds : Verdict::fails, figure);
  }

  void judge_start(Subject& subject) {
    const Heard heard = steps_.read(subject);
    note_read(subject, heard);
    const Remote* remote = heard.remote();
    if (remote == nullptr) return;
    judge_created(subject, *remote);
    judge_maximum(*remote);
    const auto& idle = steps_.terms().plan.idle_timeout;
    if (idle && remote->idle_timeout && *idle != *remote->idle_timeout)
      findings_.set(Claim::idle_timeout, Verdict::fails,
                    "asked for " + to_text(*idle) + ", told " + to_text(*remote->idle_timeout));
  }

  // By the provider's clock, which may be wrong itself.
  void judge_created(const Subject& subject, const Remote& remote) {
    if (!remote.created_at) return findings_.leave_out(Claim::created_at, "it is not told");
    const Mono created = steps_.conversation().here(*remote.created_at, subject.answered);
    const Millis early = subject.sent.mono - created;
    const Millis late = created - subject.answered.mono;
    if (early <= created_allowance && late <= created_allowance)
      return findings_.set(Claim::created_at, Verdict::holds, "within the start's call");
    findings_.set(
        Claim::created_at, Verdict::fails,
        early > late ? seconds_text(early) + " before the start" : seconds_text(late) + " after the start");
  }

  void judge_maximum(const Remote& remote) {
    const auto& asked = steps_.terms().plan.maximum;
    if (!asked) return findings_.leave_out(Claim::maximum, "the plan asks for none");
    if (!remote.maximum)
      return findings_.leave_out(Claim::maximum, "no answer tells it, and it was not waited for");
    const bool agrees = std::chrono::abs(*asked - *remote.maximum) <= created_allowance;
    findings_.set(Claim::maximum, agrees ? Verdict::holds : Verdict::fails,
                  agrees ? "told as " + to_text(*remote.maximum) + ", not waited for"
                         : "asked for " + to_text(*asked) + ", told " +
                               to_text(std::chrono::round<Seconds>(*remote.maximum)));
  }

  // The start's own word is not enough: a read must show it active.
  bool seeks_active(const Subject& subject) const {
    const Mono until = std::min(subject.sent.mono + steps_.terms().plan.start_timeout, subject.end_by);
    return (!subject.active_at || !has_read_) && early_end_.empty() && steps_.now().mono < until;
  }

  bool seeks_listed(const Subject& subject) const {
    const Mono until = std::min(subject.answered.mono + list_wait, subject.end_by);
    return steps_.terms().traits.can_list && !listed_ && steps_.now().mono < until;
  }

  void settle(Subject& subject) {
    steps_.tell("waiting until it is active and listed");
    while (true) {
      if (seeks_active(subject)) note_read(subject, steps_.read(subject));
      if (seeks_listed(subject)) look_at_list(subject);
      if (!seeks_active(subject) && !seeks_listed(subject)) break;
      if (!steps_.wait(steps_.now().mono + Seconds{1})) break;
    }
    judge_active(subject);
    judge_list(subject);
  }

  void note_read(const Subject& subject, const Heard& heard) {
    has_read_ = has_read_ || heard.ok();
    last_error_ = heard.ok() ? std::string() : heard.error().what;
    if (heard.remote() != nullptr && heard.is_over())
      early_end_ = "it ended at once, as " + word_text(subject.last_word);
  }

  void look_at_list(const Subject& subject) {
    const Heard heard = steps_.conversation().ask(EffectKind::list, subject.session);
    if (!heard.ok()) {
      list_error_ = heard.error().what;
      return;
    }
    list_error_.clear();
    ++lists_;
    whole_lists_ += heard.reply.whole ? 1 : 0;
    const auto& remotes = *heard.reply.remotes;
    const auto ours = std::find_if(remotes.begin(), remotes.end(),
                                   [&](const Remote& remote) { return remote.id == subject.remote; });
    if (ours == remotes.end()) return;
    listed_ = heard.came.mono - subject.answered.mono;
    if (steps_.terms().traits.start_scope != StartScope::free) return;
    const bool is_ours = ours->tag && names_session(*ours->tag, subject.session);
    findings_.set(Claim::tag, is_ours ? Verdict::holds : Verdict::fails,
                  is_ours     ? "shown"
                  : ours->tag ? "another session's"
                              : "not shown");
  }

  void judge_active(const Subject& subject) {
    if (subject.active_at && has_read_) {
      const Millis took = std::max(*subject.active_at - subject.sent.mono, Millis{0});
      return findings_.set(Claim::active, Verdict::holds,
                           "after " + seconds_text(took) + ", as " + word_text(subject.last_word));
    }
    if (!steps_.goes_on()) return;
    std::string figure = early_end_;
    if (figure.empty())
      figure = "still " + word_text(subject.last_word) + " after " +
               seconds_text(steps_.now().mono - subject.sent.mono);
    if (early_end_.empty() && !last_error_.empty()) figure += "; a read failed: " + last_error_;
    findings_.set(Claim::active, Verdict::fails, figure);
  }

  void judge_list(const Subject& subject) {
    const Traits& traits = steps_.terms().traits;
    if (!traits.can_list) {
      for (const Claim claim : {Claim::listed, Claim::whole, Claim::tag, Claim::unlisted})
        findings_.leave_out(claim, "it has no list");
      return;
    }
    if (traits.start_scope != StartScope::free) findings_.leave_out(Claim::tag, "its sessions carry none");
    if (lists_ > 0) {
      findings_.set(
          Claim::whole, whole_lists_ == lists_ ? Verdict::holds : Verdict::fails,
          std::to_string(whole_lists_) + " of " + std::to_string(lists_) + " lists showed their end");
    }
    if (listed_) {
      findings_.set(Claim::listed, *listed_ <= listed_within ? Verdict::holds : Verdict::fails,
                    "after " + seconds_text(*listed_));
      return;
    }
    if (!steps_.goes_on()) return;
    const Millis waited = steps_.now().mono - subject.answered.mono;
    findings_.set(Claim::listed, Verdict::fails,
                  "not within " + seconds_text(waited) + (list_error_.empty() ? "" : ": " + list_error_));
    findings_.leave_out(Claim::tag, "it was not listed");
  }

  void beat(Subject& subject) {
    if (!steps_.terms().traits.has_heartbeat) {
      for (const Claim claim : {Claim::heartbeat, Claim::heartbeat_moves})
        findings_.leave_out(claim, "it has none");
      return;
    }
    if (!steps_.wait(std::max(steps_.now().mono, subject.answered.mono + heartbeat_wait))) return;
    const Heard before = steps_.read(subject);
    if (!steps_.wait(steps_.now().mono + Seconds{2})) return;
    steps_.tell("one heartbeat");
    const Heard beaten = steps_.conversation().ask(EffectKind::keep_alive, subject.session, subject.remote);
    const Remote* after = beaten.remote();
    const std::string refused = after == nullptr ? beaten.error().what : after->heartbeat_error;
    findings_.set(Claim::heartbeat, refused.empty() ? Verdict::holds : Verdict::fails,
                  refused.empty() ? status_text(beaten) + "accepted" : refused);
    if (before.remote() == nullptr || after == nullptr) return;
    judge_move(*before.remote(), *after);
  }

  void judge_move(const Remote& before, const Remote& after) {
    const auto judge = [&](const char* what, std::optional<Wall> was, std::optional<Wall> is) {
      if (!was || !is) return false;
      const bool moved = *is >= *was + Seconds{1};
      findings_.set(Claim::heartbeat_moves, moved ? Verdict::holds : Verdict::fails,
                    std::string(what) + (moved ? " moved by " + seconds_text(*is - *was) : " did not move"));
      return true;
    };
    const auto end_of = [](const Remote& remote) {
      if (remote.expires_at) return remote.expires_at;
      return remote.created_at && remote.maximum ? std::optional(*remote.created_at + *remote.maximum)
                                                 : std::nullopt;
    };
    if (judge("the time of the last activity", before.last_activity_at, after.last_activity_at)) return;
    const auto was = end_of(before);
    const auto is = end_of(after);
    if (was && is && *is > *was) judge("the time of its end", was, is);
  }

  void start_again(const Subject& subject) {
    const Terms& terms = steps_.terms();
    if (!terms.starts_by_key && !terms.traits.one_per_place && !steps_.conversation().trace().has_sent_key())
      return findings_.leave_out(Claim::second_start, "its start carries no key and no name");
    const auto number = steps_.journal().intend(subject.session, steps_.now().wall);
    if (!number) return steps_.break_off(number.error().what);
    steps_.tell("starting it a second time, with the same key");
    const Heard heard = steps_.conversation().ask(EffectKind::start, subject.session);
    const Remote* remote = heard.remote();
    if (remote != nullptr && remote->id != subject.remote) {
      findings_.set(Claim::second_start, Verdict::fails, "it started a second session, " + remote->id.str());
      if (const Status noted = steps_.note_second(*number, remote->id); !noted)
        steps_.break_off(noted.error().what);
      return;
    }
    const ErrorKind kind = heard.ok() ? ErrorKind::denied : heard.error().kind;
    if (kind == ErrorKind::maybe_applied || kind == ErrorKind::malformed)
      return findings_.set(Claim::second_start, Verdict::fails,
                           "it is not known what it did: " + heard.error().what);
    if (const Status noted = steps_.journal().note_over(*number); !noted)
      steps_.break_off(noted.error().what);
    if (kind == ErrorKind::exhausted)
      return findings_.leave_out(Claim::second_start, "refused for want of room: " + heard.error().what);
    findings_.set(Claim::second_start, Verdict::holds,
                  remote != nullptr ? "answered with the same session" : "refused: " + heard.error().what);
  }

  // False: it did not end.
  bool stop(Subject& subject) {
    steps_.tell("stopping it");
    const Mono begun = steps_.now().mono;
    const Mono until = begun + steps_.terms().plan.stop_timeout;
    Heard stopped = steps_.conversation().ask(EffectKind::stop, subject.session, subject.remote);
    const std::string first = stopped.ok() ? status_text(stopped) : stopped.error().what + ", ";
    Mono again = begun + stop_again;
    int unknown = 0;
    while (true) {
      const Heard heard = steps_.read(subject);
      if (heard.is_over() && (!heard.is_gone() || ++unknown == unknown_reads)) {
        return judge_end(subject, heard, steps_.now().mono - begun, first);
      }
      if (steps_.now().mono >= until || !steps_.wait(steps_.now().mono + Seconds{1})) break;
      if (steps_.now().mono < again) continue;
      stopped = steps_.conversation().ask(EffectKind::stop, subject.session, subject.remote);
      again = steps_.now().mono + stop_again;
    }
    if (steps_.goes_on() || steps_.now().mono >= until) {
      findings_.set(Claim::stop, Verdict::fails,
                    first + "still " + word_text(subject.last_word) + " after " +
                        seconds_text(steps_.now().mono - begun));
    }
    return false;
  }

  // False: it may run on.
  bool judge_end(Subject& subject, const Heard& seen, Millis took, const std::string& first) {
    findings_.set(Claim::stop, Verdict::holds, first + "over after " + seconds_text(took));
    const Remote* remote = seen.remote();
    const bool is_good = remote == nullptr || remote->state == State::closed;
    findings_.set(
        Claim::gone, is_good ? Verdict::holds : Verdict::fails,
        status_text(seen) + (remote == nullptr ? "read as gone"
                                               : "read as " + std::string(to_string(remote->state)) + ", " +
                                                     word_text(remote->native_status)));
    const Heard second = steps_.conversation().ask(EffectKind::stop, subject.session, subject.remote);
    const int status = second.statuses.empty() ? 200 : second.statuses.front();
    const bool is_done = second.is_over() && status > 0 && status < 500;
    findings_.set(Claim::second_stop, is_done ? Verdict::holds : Verdict::fails,
                  status_text(second) + (second.is_over() ? "taken for done"
                                         : second.ok()    ? "not taken for done"
                                                          : second.error().what));
    leave_list(subject);
    // What is not known any more, and still listed, may run.
    const bool is_over = !seen.is_gone() || findings_.of(Claim::unlisted).verdict != Verdict::fails;
    if (is_over) steps_.note_over(subject);
    return is_over && steps_.goes_on();
  }

  void leave_list(const Subject& subject) {
    if (!steps_.terms().traits.can_list) return;
    if (!listed_) return findings_.leave_out(Claim::unlisted, "it was not listed");
    const Mono begun = steps_.now().mono;
    while (true) {
      const Heard heard = steps_.conversation().ask(EffectKind::list, subject.session);
      const auto shows = [&] {
        return std::any_of(heard.reply.remotes->begin(), heard.reply.remotes->end(),
                           [&](const Remote& remote) {
                             return remote.id == subject.remote && remote.progress != Progress::ended;
                           });
      };
      const Millis waited = steps_.now().mono - begun;
      if (heard.ok() && !shows())
        return findings_.set(Claim::unlisted, Verdict::holds, "after " + seconds_text(waited));
      if (waited >= ended_shown)
        return findings_.set(Claim::unlisted, Verdict::fails, "still listed after " + seconds_text(waited));
      if (!steps_.wait(steps_.now().mono + Seconds{2})) return;
    }
  }

  SessionSteps& steps_;
  Findings& findings_;
  std::optional<Millis> listed_;  // after the start's answer
  int lists_ = 0;
  int whole_lists_ = 0;
  bool has_read_ = false;   // a read showed the session
  std::string early_end_;   // how it ended before it was active; empty: it did not
  std::string last_error_;  // of the last read; empty: it was good
  std::string list_error_;
};

}  // namespace

bool brief_part(SessionSteps& steps) { return BriefPart(steps).run(); }

}  // namespace keeper::probe
