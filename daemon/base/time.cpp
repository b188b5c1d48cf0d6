#include "base/time.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace keeper {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// Reads exactly `digits` digits at `*at` and moves past them.
std::optional<int> read_digits(std::string_view text, std::size_t* at, std::size_t digits) {
  if (*at + digits > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[*at + i];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  *at += digits;
  return value;
}

bool read_char(std::string_view text, std::size_t* at, std::string_view allowed) {
  if (*at >= text.size() || allowed.find(text[*at]) == std::string_view::npos) return false;
  ++*at;
  return true;
}

// One to nine digits after the point, cut to milliseconds.
std::optional<Millis> read_fraction(std::string_view text, std::size_t* at) {
  std::int64_t value = 0;
  std::size_t count = 0;
  while (*at < text.size() && text[*at] >= '0' && text[*at] <= '9') {
    if (count < 3) value = value * 10 + (text[*at] - '0');
    ++count;
    ++*at;
  }
  if (count == 0 || count > 9) return std::nullopt;
  for (; count < 3; ++count) value *= 10;
  return Millis{value};
}

// "Z", "+02:00", "+0200", "-05" or nothing (UTC).
std::optional<minutes> read_offset(std::string_view text, std::size_t* at) {
  if (*at == text.size()) return minutes{0};
  if (read_char(text, at, "Zz")) return minutes{0};
  const bool west = *at < text.size() && text[*at] == '-';
  if (!read_char(text, at, "+-")) return std::nullopt;
  const auto h = read_digits(text, at, 2);
  if (!h || *h > 23) return std::nullopt;
  int m = 0;
  if (*at < text.size()) {
    read_char(text, at, ":");
    const auto read = read_digits(text, at, 2);
    if (!read || *read > 59) return std::nullopt;
    m = *read;
  }
  const minutes offset = hours{*h} + minutes{m};
  return west ? -offset : offset;
}

struct Unit {
  std::string_view name;
  Millis length;
};

constexpr std::array<Unit, 7> units{{{"y", days{365}},
                                     {"w", days{7}},
                                     {"d", days{1}},
                                     {"h", hours{1}},
                                     {"m", minutes{1}},
                                     {"s", Seconds{1}},
                                     {"ms", Millis{1}}}};

}  // namespace

BootClock::time_point BootClock::now() {
  std::timespec ts{};
  clock_gettime(CLOCK_BOOTTIME, &ts);
  return time_point{Millis{static_cast<std::int64_t>(ts.tv_sec) * 1000 + ts.tv_nsec / 1'000'000}};
}

Wall wall_now() { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }

std::string to_rfc3339(Wall time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(length));
}

std::optional<Wall> parse_time(std::string_view text) {
  std::size_t at = 0;
  const auto year = read_digits(text, &at, 4);
  if (!year || !read_char(text, &at, "-")) return std::nullopt;
  const auto month = read_digits(text, &at, 2);
  if (!month || !read_char(text, &at, "-")) return std::nullopt;
  const auto day = read_digits(text, &at, 2);
  if (!day || !read_char(text, &at, "Tt ")) return std::nullopt;
  const auto hour = read_digits(text, &at, 2);
  if (!hour || !read_char(text, &at, ":")) return std::nullopt;
  const auto minute = read_digits(text, &at, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  int second = 0;
  Millis fraction{0};
  if (read_char(text, &at, ":")) {
    const auto read = read_digits(text, &at, 2);
    if (!read || *read > 60) return std::nullopt;
    second = *read;
    if (read_char(text, &at, ".,")) {
      const auto part = read_fraction(text, &at);
      if (!part) return std::nullopt;
      fraction = *part;
    }
  }
  const auto offset = read_offset(text, &at);
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!offset || at != text.size() || !date.ok()) return std::nullopt;
  return Wall{std::chrono::sys_days{date}.time_since_epoch() + hours{*hour} + minutes{*minute} +
              Seconds{second} + fraction - *offset};
}

std::string to_text(Millis duration) {
  if (duration <= Millis::zero()) return "0s";
  std::string text;
  for (const Unit& unit : units) {
    if (unit.name == "y" || unit.name == "w") continue;
    const auto count = duration / unit.length;
    if (count == 0) continue;
    text += std::to_string(count) + std::string(unit.name);
    duration -= count * unit.length;
  }
  return text;
}

std::optional<Millis> parse_duration(std::string_view text) {
  Millis total{0};
  std::size_t next_unit = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (failed != std::errc{} || count < 0 || text.front() == '-') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    std::size_t length = 0;
    while (length < text.size() && text[length] >= 'a' && text[length] <= 'z') ++length;
    const std::string_view name = text.substr(0, length);
    while (next_unit < units.size() && units[next_unit].name != name) ++next_unit;
    if (next_unit == units.size()) return std::nullopt;
    const Millis length_ms = units[next_unit].length;
    if (count > Millis{std::chrono::years{1000}}.count() / length_ms.count()) return std::nullopt;
    total += count * length_ms;
    ++next_unit;
    text.remove_prefix(length);
  }
  return total;
}

}  // namespace keeper
