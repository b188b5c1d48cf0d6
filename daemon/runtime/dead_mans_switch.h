// The dead man's switch: it calls a monitor at an interval for as long as all is well. The monitor alarms
// when the calls stay away. It has a thread of its own, on which it calls `is_well`, and which waits for the
// interval and not for the monitor. A call that fails is logged, stands in `facts`, and is not repeated
// before the next interval.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/locked.h"
#include "base/monitor_facts.h"
#include "core/view.h"
#include "net/callee.h"
#include "settings/settings.h"

namespace keeper {

class DeadMansSwitch {
 public:
  // What the calls tell stands in `facts`, which are empty before and after the switch's life.
  DeadMansSwitch(DeadMansSwitchSettings settings, std::function<bool()> is_well,
                 Locked<std::optional<MonitorFacts>>& facts);
  // Waits for the call under way, which ends within 15 s.
  ~DeadMansSwitch();
  DeadMansSwitch(const DeadMansSwitch&) = delete;
  DeadMansSwitch& operator=(const DeadMansSwitch&) = delete;

  const DeadMansSwitchSettings& settings() const { return settings_; }

 private:
  void work();
  void call();
  void note(const Status& heard);

  const DeadMansSwitchSettings settings_;
  const std::function<bool()> is_well_;
  Callee callee_;
  Locked<std::optional<MonitorFacts>>& facts_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool calling_ = false;
  std::thread thread_;
};

// A session whose deadline has passed and that was not dealt with (core/condition.h); empty if there is none.
std::optional<SessionId> overdue_session(const View& view, Wall now);

}  // namespace keeper
