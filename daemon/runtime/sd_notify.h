// What the daemon tells the service manager by the protocol of sd_notify. Where there is no service manager,
// every call does nothing. Any thread. notify_status() and notify_watchdog() never wait; the others wait up
// to 5 s for a service manager that does not read.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "core/view.h"

namespace keeper {

void notify_ready();
void notify_reloading();
// How long the end may take, so that the service manager does not cut it off.
void notify_stopping(Millis limit);
void notify_status(const std::string& line);
void notify_watchdog();

// How often the watchdog must be fed at the least; empty: there is none.
std::optional<Millis> watchdog_limit();

// "12 active, 1 degraded, next start 14:00Z"
std::string status_line(const View& view);

}  // namespace keeper
