#include "runtime/log.h"

#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/check.h"
#include "base/locked.h"
#include "base/text.h"
#include "runtime/log_sink.h"
#include "runtime/repeat_limit.h"

namespace keeper {
namespace {

constexpr std::size_t value_bytes_max = 1000;
constexpr std::size_t waiting_bytes_max = std::size_t{4} * 1024 * 1024;

// The journal says which stream is its own.
bool is_journal(int file) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat found {};
  if (stream == nullptr || ::fstat(file, &found) != 0) return false;
  return std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino) == stream;
}

std::atomic<LogFormat>& format() {
  static std::atomic<LogFormat> one{is_journal(STDERR_FILENO) ? LogFormat::journal : LogFormat::logfmt};
  return one;
}

std::atomic<Level>& least_level() {
  static std::atomic<Level> one{Level::info};
  return one;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  check_failed("a known Level", __FILE__, __LINE__);
}

int priority_of(Level level) {
  switch (level) {
    case Level::debug:
      return LOG_DEBUG;
    case Level::info:
      return LOG_INFO;
    case Level::warning:
      return LOG_WARNING;
    case Level::error:
      return LOG_ERR;
  }
  check_failed("a known Level", __FILE__, __LINE__);
}

std::string plain_line(std::string_view what, const LogFields& fields) {
  std::string line(what);
  for (const auto& [key, value] : fields) line += logfmt(key, value);
  return line;
}

// False: the journal takes nothing.
bool send_to_journal(const LogLine& line) {
  std::vector<std::string> all{"MESSAGE=" + plain_line(line.what, line.fields),
                               "PRIORITY=" + std::to_string(priority_of(line.level)),
                               "SESSION_KEEPER_EVENT=" + line.what};
  for (const auto& [key, value] : line.fields) {
    std::string name = "SESSION_KEEPER_" + key;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    all.push_back(name + "=" + value);
  }
  std::vector<iovec> parts;
  for (std::string& field : all) parts.push_back({field.data(), field.size()});
  return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

// Standard error may be shared with programs that have made it non-blocking.
bool write_to_stderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{STDERR_FILENO, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

// spdlog's own sink for standard error loses what a non-blocking one does not take at once.
class StandardError final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  bool took_last() const { return took_last_; }

 private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    took_last_ = write_to_stderr(std::string(line.payload.data(), line.payload.size()) + "\n");
  }
  void flush_() override {}

  bool took_last_ = true;
};

// On the sink's thread, which may outlive the statics. Levels are sorted out before a line is offered.
bool log_to_stderr(const std::string& text) {
  static const auto& standard_error = *new auto(std::make_shared<StandardError>());
  static auto& logger = *new spdlog::logger("", standard_error);
  logger.log(spdlog::level::critical, text);
  return standard_error->took_last();
}

bool write_line(const LogLine& line) {
  if (format() == LogFormat::journal && send_to_journal(line)) return true;
  if (format() == LogFormat::json)
    return log_to_stderr(json_line(line.level, line.what, line.fields, line.at));
  return log_to_stderr("time=" + to_rfc3339(line.at) + " level=" + std::string(name_of(line.level)) + " " +
                       plain_line(line.what, line.fields));
}

// Never destroyed: its thread may wait for the reader of the log when the process ends.
LogSink& sink() {
  static LogSink& one = *new LogSink(waiting_bytes_max, write_line);
  return one;
}

// How many lines like this one were not written before it. Empty: this one is not written either.
std::optional<std::size_t> suppressed_before(Level level, const std::string& what, const LogFields& fields) {
  static Locked<RepeatLimit> limit{RepeatLimit(5, std::chrono::minutes{1})};
  if (level != Level::warning && level != Level::error) return 0;
  const std::string key = what + (fields.empty() ? std::string{} : "\n" + fields.front().second);
  const auto verdict = limit.with([&](RepeatLimit& all) { return all.ask(key, BootClock::now()); });
  return verdict.passes ? std::optional(verdict.suppressed) : std::nullopt;
}

bool is_plain(std::string_view value) {
  return !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos;
}

}  // namespace

bool set_log_level(std::string_view name) {
  for (const Level level : {Level::debug, Level::info, Level::warning, Level::error}) {
    if (name_of(level) == name) {
      least_level() = level;
      return true;
    }
  }
  return false;
}

bool set_log_format(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, LogFormat>, 3> known{
      {{"logfmt", LogFormat::logfmt}, {"json", LogFormat::json}, {"journal", LogFormat::journal}}};
  for (const auto& [word, value] : known) {
    if (word == name) format() = value;
    if (word == name) return true;
  }
  return false;
}

std::string json_line(Level level, std::string_view what, const LogFields& fields, Wall at) {
  nlohmann::ordered_json line{{"time", to_rfc3339(at)}, {"level", name_of(level)}, {"event", what}};
  for (const auto& [key, value] : fields) line[key] = value;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string logfmt(std::string_view key, std::string_view value) {
  const std::string safe = printable(value, value_bytes_max);
  std::string text = " " + std::string(key) + "=";
  if (is_plain(safe)) return text + safe;
  text += '"';
  for (const char c : safe) {
    if (c == '"') text += '\\';
    text += c;
  }
  return text + '"';
}

bool flush_log(Millis limit) { return sink().flush(limit); }

std::uint64_t log_lines_dropped() { return sink().dropped(); }

Log::Log(Level level, std::string_view what) : line_{level, std::string(what), {}, wall_now()} {}

Log::~Log() {
  if (line_.level < least_level()) return;
  const auto suppressed = suppressed_before(line_.level, line_.what, line_.fields);
  if (!suppressed) return;
  if (*suppressed > 0) with("suppressed", static_cast<long long>(*suppressed));
  sink().offer(std::move(line_));
}

Log& Log::with(std::string_view key, std::string_view value) {
  line_.fields.emplace_back(key, printable(value, value_bytes_max));
  return *this;
}

Log& Log::with(std::string_view key, long long value) { return with(key, std::to_string(value)); }

void log_transition(const TransitionRow& row) {
  Log line(Level::info, "transition");
  line.with("session", row.session.str()).with("plan", row.plan.str());
  line.with("from", row.from ? to_string(*row.from) : "none").with("to", to_string(row.to));
  line.with("reason", to_string(row.reason)).with("cause", to_string(row.cause));
  if (row.remote_id) line.with("remote", row.remote_id->str());
  if (!row.detail.empty()) line.with("detail", row.detail);
}

void log_removed(int sessions) {
  Log(Level::info, "retention").with("removed_sessions", static_cast<long long>(sessions));
}

void log_notice(const Notice& notice) {
  const bool over = notice.phase == Phase::resolved;
  const Level level = over || notice.topic == Topic::budget_soft ? Level::info : Level::warning;
  Log line(level, event_word(notice.topic, notice.phase));
  line.with("subject", notice.subject).with("text", notice.text);
  if (notice.times > 1) line.with("times", static_cast<long long>(notice.times));
}

void log_provider(const Change<ProviderName, ProviderTrack>& change) {
  const bool was = !change.before || change.before->healthy;
  const bool is = !change.after || change.after->healthy;
  if (was == is) return;
  if (is) {
    Log(Level::info, "provider_works_again").with("provider", change.key.str());
  } else {
    Log(Level::warning, "provider_failing")
        .with("provider", change.key.str())
        .with("error", change.after->last_error);
  }
}

void log_target_change(const Change<TargetName, TargetTrack>& change) {
  const bool failed = change.before && change.before->failing_since;
  const bool fails = change.after && change.after->failing_since;
  if (failed == fails) return;
  if (fails) {
    Log(Level::warning, "notification_target_failing")
        .with("target", change.key.str())
        .with("error", change.after->last_error);
  } else {
    Log(Level::info, "notification_target_works_again").with("target", change.key.str());
  }
}

void log_session(const Change<SessionId, Tracked>& change) {
  if (!change.after) return;
  const auto warn = [&](std::string_view what) {
    Log(Level::warning, what)
        .with("session", change.key.str())
        .with("plan", change.after->row.plan.str())
        .with("error", change.after->row.last_error);
  };
  constexpr int alarming = 2;
  const int before = change.before ? change.before->vain_heartbeats : 0;
  if (before < alarming && change.after->vain_heartbeats >= alarming) warn("heartbeats_without_effect");
  const bool knew = change.before && change.before->beats_sooner;
  if (!knew && change.after->beats_sooner) warn("heartbeat_too_slow");
}

}  // namespace keeper
