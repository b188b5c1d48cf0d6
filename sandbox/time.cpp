#include "sandbox/time.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace sandbox {
namespace {

std::tm utc(Time time) {
  const std::time_t seconds = unix_seconds(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

Time real_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::int64_t unix_seconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string iso_time(Time time, int digits, const char* zone) {
  const auto fraction = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  const std::tm parts = utc(time);
  std::array<char, 64> second{};
  std::strftime(second.data(), second.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 16> text{};
  if (digits == 3) {
    std::snprintf(text.data(), text.size(), ".%03d", static_cast<int>(fraction / 1000));
  } else {
    std::snprintf(text.data(), text.size(), ".%06d", static_cast<int>(fraction));
  }
  return std::string(second.data()) + text.data() + zone;
}

std::string http_date(Time time) {
  const std::tm parts = utc(time);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

std::string iso_duration(std::chrono::microseconds duration) {
  const auto total = duration.count() < 0 ? 0 : duration.count();
  const auto seconds = total / 1000000;
  std::string text = "P";
  if (seconds >= 86400) text += std::to_string(seconds / 86400) + "D";
  text += "T";
  if (seconds % 86400 >= 3600) text += std::to_string(seconds % 86400 / 3600) + "H";
  if (seconds % 3600 >= 60) text += std::to_string(seconds % 3600 / 60) + "M";
  std::array<char, 32> rest{};
  std::snprintf(rest.data(), rest.size(), "%d.%06dS", static_cast<int>(seconds % 60),
                static_cast<int>(total % 1000000));
  return text + rest.data();
}

}  // namespace sandbox
