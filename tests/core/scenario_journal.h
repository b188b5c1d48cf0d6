// The journal of a scenario: what the process did, as lines that a reader understands. Times are those of the
// boot-time clock since the scenario began (m:ss or h:mm:ss); sessions are called s1, s2, ... in the order in
// which their rows were first written. Of a row that was there before, what changed is told.
//
//   0:00  disk   s1 of watch: queued, scheduled (schedule); a start may have left
//   0:00  call   start s1
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/effect.h"
#include "core/event.h"

namespace keeper::scenario {

class Journal {
 public:
  explicit Journal(const Now& now) : now_(now) {}

  // The scenario's clock reads this at 0:00.
  void begin() { begin_ = now_; }

  // What is on disk now.
  void written(const Batch& batch);
  void left(const Effect& effect);
  void line(std::string_view channel, const std::string& text);
  // Without a time of its own.
  void remark(std::string_view channel, const std::string& text);

  // What was written down since the last call.
  std::string take() { return std::exchange(text_, {}); }

  const std::string& name(const SessionId& id);
  SessionId session(const std::string& name) const;  // throws std::runtime_error for a name that is none
  std::string call_text(const Effect& effect);
  std::string time(Mono at) const;
  std::string wall(Wall at) const;  // "09:00", with the day where it is another
  // With the names of sessions instead of their ids.
  std::string readable(std::string text) const;

 private:
  void written(const SessionRow& row, const std::vector<TransitionRow>& transitions);
  void written(const PlanRow& row);
  void written(const DeliveryRow& row);
  std::string moved(const TransitionRow& transition, const SessionRow& row);
  std::vector<std::string> changes(const SessionRow& before, const SessionRow& after);

  const Now& now_;
  Now begin_{};
  std::string text_;
  std::map<SessionId, std::string> names_;
  std::map<SessionId, SessionRow> rows_;
  std::map<PlanName, PlanRow> plans_;
};

std::string duration_text(Millis duration);  // "1:02:03", "0:17.500"

}  // namespace keeper::scenario
