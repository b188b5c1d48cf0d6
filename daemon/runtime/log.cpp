#include "runtime/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

#include "base/check.h"
#include "base/text.h"

namespace keeper {
namespace {

constexpr std::size_t value_bytes_max = 1000;

spdlog::level::level_enum native(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  check_failed("a known Level", __FILE__, __LINE__);
}

std::shared_ptr<spdlog::logger> make_logger() {
  auto logger = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  // The journal stamps lines itself.
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  logger->set_pattern(journal ? "level=%l %v" : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v",
                      spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> one = make_logger();
  return *one;
}

bool is_plain(std::string_view value) {
  return !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos;
}

}  // namespace

bool set_log_level(std::string_view name) {
  for (const Level level : {Level::debug, Level::info, Level::warning, Level::error}) {
    const auto text = spdlog::level::to_string_view(native(level));
    if (std::string_view(text.data(), text.size()) == name) {
      logger().set_level(native(level));
      return true;
    }
  }
  return false;
}

void log_line(Level level, std::string_view line) { logger().log(native(level), "{}", line); }

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

Log::Log(Level level, std::string_view what) : level_(level), line_(what) {}

Log::~Log() { log_line(level_, line_); }

Log& Log::with(std::string_view key, std::string_view value) {
  line_ += logfmt(key, value);
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

}  // namespace keeper
