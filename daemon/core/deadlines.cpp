#include "core/deadlines.h"

#include <algorithm>

namespace keeper {

class DeadlineSetter {
 public:
  static void set(SessionDeadline& deadline, std::optional<Mono> at) { deadline.at_ = at; }
  static void set(Moment& moment, Mono at) { moment.at_ = at; }
};

namespace {

template <class D, class T>
void set(D& deadline, T at) {
  DeadlineSetter::set(deadline, at);
}

}  // namespace

void call_now(Tracked& session, Mono now) { set(session.call_at, now); }

void hasten_call(Tracked& session, Mono at) { set(session.call_at, std::min<Mono>(session.call_at, at)); }

void arm_watch(Tracked& session, Mono now, Millis wait) { set(session.call_at, now + wait); }

void arm_retry(Tracked& session, Mono at) { set(session.call_at, at); }

void retry_heartbeat(Tracked& session, Mono by) {
  hasten_call(session, by);
  if (session.beat_at) set(session.beat_at, std::max<Mono>(*session.beat_at, session.call_at));
}

void wait_out_start(Tracked& session, Mono until) { set(session.call_at, until); }

void block_start(Tracked& session, Mono until, const Plan* plan) {
  set(session.call_at, until);
  if (plan) extend_start_timeout(session, until, plan->start_timeout);
}

void arm_heartbeat(Tracked& session, Mono active, Millis every) {
  set(session.beat_at, active + every);
  session.beat_every = every;
}

void repeat_heartbeat(Tracked& session, Mono now, Millis wait) { set(session.beat_at, now + wait); }

void drop_heartbeat(Tracked& session) { set(session.beat_at, std::nullopt); }

void arm_idle_timeout(Tracked& session, Mono active, Millis idle) {
  set(session.idle_at, active + idle);
  session.idle = idle;
}

void arm_maximum(Tracked& session, Mono begin, std::optional<Millis> maximum) {
  set(session.hard_at, maximum ? std::optional<Mono>(begin + *maximum) : std::nullopt);
}

void arm_own_maximum(Tracked& session, Mono begin, std::optional<Millis> maximum) {
  set(session.own_hard_at, maximum ? std::optional<Mono>(begin + *maximum) : std::nullopt);
}

void arm_rollover(Tracked& session, Mono at) { set(session.rollover_at, at); }

void postpone_rollover(Tracked& session, Mono at) { set(session.rollover_at, at); }

void drop_rollover(Tracked& session) { set(session.rollover_at, std::nullopt); }

void arm_start_timeout(Tracked& session, Mono now, Millis limit) { set(session.start_by, now + limit); }

void extend_start_timeout(Tracked& session, Mono now, Millis limit) {
  if (session.start_by) set(session.start_by, std::max(*session.start_by, now + limit));
}

void defer_start_timeout(Tracked& session, Millis wait) {
  if (session.start_by) set(session.start_by, *session.start_by + wait);
}

void cut_start_timeout(Tracked& session, Mono now, Millis limit) {
  if (session.start_by) set(session.start_by, std::min(*session.start_by, now + limit));
}

void drop_start_timeout(Tracked& session) { set(session.start_by, std::nullopt); }

void arm_stop_timeout(Tracked& session, Mono now, Millis limit) {
  if (!session.stop_by) set(session.stop_by, now + limit);
}

void look_again(Tracked& session, Mono at) { set(session.due, at); }

void arm_attempt(Slot& slot, Mono now, Millis backoff) { set(slot.retry_at, now + backoff); }

}  // namespace keeper
