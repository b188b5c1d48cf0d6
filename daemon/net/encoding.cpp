#include "net/encoding.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace keeper {
namespace {

constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr unsigned no_digit = 64;
using Digits = std::array<std::uint8_t, 256>;

// The six bits of each digit of an alphabet.
constexpr Digits digits_of(char minus, char slash) {
  Digits values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < 62; ++i)
    values[static_cast<unsigned char>(url_alphabet[i])] = static_cast<std::uint8_t>(i);
  values[static_cast<unsigned char>(minus)] = 62;
  values[static_cast<unsigned char>(slash)] = 63;
  return values;
}
constexpr Digits standard_digits = digits_of('+', '/');
constexpr Digits url_digits = digits_of('-', '_');

std::optional<int> number(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// The three forms begin and end otherwise, and have these parts in between.
struct HttpDate {
  std::string_view day, month, year, clock;
};

std::optional<HttpDate> parts_of(std::string_view text) {
  const auto taken = [&text](char end) {
    const std::size_t at = std::min(text.find(end), text.size());
    const std::string_view word = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return word;
  };
  const bool is_asctime = text.find(',') == std::string_view::npos;
  HttpDate date;
  if (is_asctime) {
    taken(' ');
    date.month = taken(' ');
    if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    date.day = taken(' ');
    date.clock = taken(' ');
    date.year = text;
    return date.year.size() == 4 ? std::optional(date) : std::nullopt;
  }
  taken(',');
  if (text.empty() || text.front() != ' ') return std::nullopt;
  text.remove_prefix(1);
  const char between = text.find('-') == std::string_view::npos ? ' ' : '-';
  date.day = taken(between);
  date.month = taken(between);
  date.year = taken(' ');
  date.clock = taken(' ');
  return text == "GMT" || text == "UTC" ? std::optional(date) : std::nullopt;
}

// Two digits are of the years 1970 to 2069.
std::optional<int> year_of(std::string_view text) {
  if (text.size() != 2 && text.size() != 4) return std::nullopt;
  const auto year = number(text);
  if (!year || text.size() == 4) return year;
  return *year < 70 ? 2000 + *year : 1900 + *year;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  const bool url = text.find('-') != std::string_view::npos || text.find('_') != std::string_view::npos;
  std::size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  const std::size_t missing = (4 - text.size() % 4) % 4;
  if (missing == 3 || (padding != missing && padding != 0)) return std::nullopt;
  const Digits& digits = url ? url_digits : standard_digits;
  std::string bytes(text.size() * 3 / 4, '\0');
  auto next = bytes.begin();
  const auto digit = [&](std::size_t at) -> unsigned { return digits[static_cast<unsigned char>(text[at])]; };
  for (; text.size() >= 4; text.remove_prefix(4)) {
    const unsigned a = digit(0), b = digit(1), c = digit(2), d = digit(3);
    if (std::max({a, b, c, d}) == no_digit) return std::nullopt;
    *next++ = static_cast<char>((a << 2U | b >> 4U) & 0xFFU);
    *next++ = static_cast<char>((b << 4U | c >> 2U) & 0xFFU);
    *next++ = static_cast<char>((c << 6U | d) & 0xFFU);
  }
  unsigned bits = 0;
  unsigned count = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const unsigned value = digit(at);
    if (value == no_digit) return std::nullopt;
    bits = (bits << 6U | value) & 0xFFFU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *next++ = static_cast<char>(bits >> count & 0xFFU);
  }
  if ((bits & ((1U << count) - 1U)) != 0) return std::nullopt;
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string encode_base64url(std::string_view bytes) {
  std::string text;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = (bits << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += url_alphabet[bits >> count & 0x3FU];
    }
  }
  if (count > 0) text += url_alphabet[bits << (6U - count) & 0x3FU];
  return text;
}

std::optional<Wall> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto parts = parts_of(text);
  if (!parts || parts->day.empty() || parts->day.size() > 2 || parts->clock.size() != 8 ||
      parts->clock[2] != ':' || parts->clock[5] != ':') {
    return std::nullopt;
  }
  const auto month = std::find(months.begin(), months.end(), parts->month);
  const auto day = number(parts->day);
  const auto year = year_of(parts->year);
  const auto hour = number(parts->clock.substr(0, 2));
  const auto minute = number(parts->clock.substr(3, 2));
  const auto second = number(parts->clock.substr(6, 2));
  if (month == months.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(month - months.begin()) + 1U},
      std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return Wall{std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours{*hour} +
              std::chrono::minutes{*minute} + Seconds{*second}};
}

}  // namespace keeper
