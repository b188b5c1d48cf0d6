#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

namespace keeper {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

std::string hex(std::uint32_t number, std::size_t digits) {
  std::string text(digits, '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, number >>= 4U)
    *at = "0123456789abcdef"[number & 0xfU];
  return text;
}

// The character of a whole sequence.
char32_t decoded(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return first;
  char32_t character = first & (0xffU >> (sequence.size() + 1));
  for (const char c : sequence.substr(1))
    character = (character << 6U) | (static_cast<unsigned char>(c) & 0x3fU);
  return character;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first <= 0xDFU) return continues(1) ? 2 : 0;
  if (first >= 0xE0U && first <= 0xEFU) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xE0U && byte(1) < 0xA0U) return 0;
    if (first == 0xEDU && byte(1) > 0x9FU) return 0;
    return 3;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xF0U && byte(1) < 0x90U) return 0;
    if (first == 0xF4U && byte(1) > 0x8FU) return 0;
    return 4;
  }
  return 0;
}

bool is_control(std::string_view sequence) {
  struct Range {
    char32_t first, last;
  };
  constexpr std::array<Range, 10> ranges{{{0x00, 0x1f},
                                          {0x7f, 0x9f},
                                          {0x61c, 0x61c},
                                          {0x200b, 0x200b},
                                          {0x200e, 0x200f},
                                          {0x2028, 0x202e},
                                          {0x2060, 0x206f},
                                          {0xfeff, 0xfeff},
                                          {0xfff9, 0xfffb},
                                          {0xe0000, 0xe0fff}}};
  const char32_t character = decoded(sequence);
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return character >= range.first && character <= range.last; });
}

std::string escaped(std::string_view sequence) {
  const auto character = static_cast<std::uint32_t>(decoded(sequence));
  if (character <= 0xffff) return "\\u" + hex(character, 4);
  // A pair of surrogates, as JSON has it.
  const std::uint32_t rest = character - 0x10000;
  return "\\u" + hex(0xd800 + (rest >> 10U), 4) + "\\u" + hex(0xdc00 + (rest & 0x3ffU), 4);
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string safe;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::string_view taken = text.substr(0, std::max<std::size_t>(length, 1));
    std::string shown(taken);
    if (length == 0 || (length == 1 && is_control(taken))) {
      shown = "\\x" + hex(static_cast<unsigned char>(taken.front()), 2);
    } else if (is_control(taken)) {
      shown = escaped(taken);
    }
    if (safe.size() + shown.size() > bytes_max) return safe + "…";
    safe += shown;
    text.remove_prefix(taken.size());
  }
  return safe;
}

std::string_view closest(std::string_view word, const std::vector<std::string_view>& known) {
  const std::size_t limit = word.size() < 5 ? 1 : 2;
  std::string_view best;
  std::size_t best_distance = limit + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string encode_percent(std::string_view text) {
  constexpr std::string_view hex_upper = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', hex_upper[byte >> 4U], hex_upper[byte & 0xFU]};
    }
  }
  return encoded;
}

}  // namespace keeper
