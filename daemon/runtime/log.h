// The log: one line for each thing that happened. It goes to standard error, or with its fields to the
// journal. Any thread may write, and none waits for whoever reads the log: a line for which there is no room
// is dropped and counted (runtime/log_sink.h). Values are quoted and their control characters escaped here,
// so a caller passes text from outside as it is, but never a secret. Of a warning or error that repeats, five
// a minute are written; the next line of it says how many were left out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/world.h"

namespace keeper {

enum class Level { debug, info, warning, error };

// "debug", "info", "warning", "error"; false for anything else, and nothing changes.
bool set_log_level(std::string_view name);

// logfmt: `time=… level=… word key=value …`. journal: fields SESSION_KEEPER_EVENT, SESSION_KEEPER_KEY=value.
// The default is journal where standard error is the journal's, else logfmt.
enum class LogFormat { logfmt, json, journal };
bool set_log_format(std::string_view name);  // as set_log_level

using LogFields = std::vector<std::pair<std::string, std::string>>;

struct LogLine {
  Level level = Level::info;
  std::string what;
  LogFields fields;
  Wall at{};
};

// One line of JSON: time, level, event and the fields.
std::string json_line(Level level, std::string_view what, const LogFields& fields, Wall at);

// Waits until all lines are written, for the end of the process. False: they were not within `limit`.
bool flush_log(Millis limit);
// How many lines could not be written since the process began.
std::uint64_t log_lines_dropped();

// Builds one line and gives it away at the end of the full expression.
class Log {
 public:
  Log(Level level, std::string_view what);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  Log& with(std::string_view key, std::string_view value);
  Log& with(std::string_view key, long long value);

 private:
  LogLine line_;
};

// " key=value", quoted where it must be.
std::string logfmt(std::string_view key, std::string_view value);

void log_transition(const TransitionRow& row);
void log_removed(int sessions);  // by retention
void log_notice(const Notice& notice);

// A provider that begins to fail, or works again.
void log_provider(const Change<ProviderName, ProviderTrack>& change);

// A notification target that begins to fail, or works again.
void log_target_change(const Change<TargetName, TargetTrack>& change);

// Once, when the second heartbeat in a row did not move the provider's idle clock.
void log_session(const Change<SessionId, Tracked>& change);

}  // namespace keeper
