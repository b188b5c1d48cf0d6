#include "runtime/log.h"

#include <spdlog/sinks/stdout_sinks.h>
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
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/check.h"
#include "base/locked.h"
#include "base/text.h"
#include "runtime/repeat_limit.h"

namespace keeper {
namespace {

constexpr std::size_t value_bytes_max = 1000;

spdlog::level::level_enum native(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  check_failed("a known Level", __FILE__, __LINE__);
}

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

std::shared_ptr<spdlog::logger> make_logger() {
  auto logger = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  logger->flush_on(spdlog::level::trace);
  return logger;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> one = make_logger();
  return *one;
}

std::string_view name_of(Level level) {
  const auto text = spdlog::level::to_string_view(native(level));
  return {text.data(), text.size()};
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
bool send_to_journal(Level level, std::string_view what, const LogFields& fields) {
  std::vector<std::string> all{"MESSAGE=" + plain_line(what, fields),
                               "PRIORITY=" + std::to_string(priority_of(level)),
                               "SESSION_KEEPER_EVENT=" + std::string(what)};
  for (const auto& [key, value] : fields) {
    std::string name = "SESSION_KEEPER_" + key;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    all.push_back(name + "=" + value);
  }
  std::vector<iovec> parts;
  for (std::string& field : all) parts.push_back({field.data(), field.size()});
  return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
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
      logger().set_level(native(level));
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

Log::Log(Level level, std::string_view what) : level_(level), what_(what) {}

Log::~Log() {
  if (!logger().should_log(native(level_))) return;
  const auto suppressed = suppressed_before(level_, what_, fields_);
  if (!suppressed) return;
  if (*suppressed > 0) with("suppressed", static_cast<long long>(*suppressed));
  if (format() == LogFormat::journal && send_to_journal(level_, what_, fields_)) return;
  if (format() == LogFormat::json) {
    logger().log(native(level_), "{}", json_line(level_, what_, fields_, wall_now()));
  } else {
    logger().log(native(level_), "time={} level={} {}", to_rfc3339(wall_now()), name_of(level_),
                 plain_line(what_, fields_));
  }
}

Log& Log::with(std::string_view key, std::string_view value) {
  fields_.emplace_back(key, printable(value, value_bytes_max));
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
