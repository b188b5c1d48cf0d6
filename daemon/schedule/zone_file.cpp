#include "schedule/zone_file.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace keeper {
namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr sys_seconds before_all{sys_days{year{1} / 1 / 1}};
constexpr std::size_t header_size = 44;
constexpr std::uint64_t count_max = 100'000;
// No zone is further from UTC (RFC 8536).
constexpr Seconds offset_max = std::chrono::hours{26};

Error bad_file(const std::string& what) { return {ErrorKind::malformed, "no time zone file: " + what}; }

// Big-endian, as all numbers of the file.
std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

struct Block {
  std::uint64_t utc_marks = 0, standard_marks = 0, leaps = 0, times = 0, types = 0, letters = 0;

  // What follows the header. `width`: of a time.
  std::uint64_t size(std::uint64_t width) const {
    return times * (width + 1) + types * 6 + letters + leaps * (width + 4) + standard_marks + utc_marks;
  }
};

std::optional<Block> block_at(std::string_view bytes) {
  if (bytes.size() < header_size || !bytes.starts_with("TZif") || bytes[4] < '2') return std::nullopt;
  Block block;
  std::size_t at = 20;
  for (std::uint64_t* count :
       {&block.utc_marks, &block.standard_marks, &block.leaps, &block.times, &block.types, &block.letters}) {
    *count = number_at(bytes, at, 4);
    if (*count > count_max) return std::nullopt;
    at += 4;
  }
  return block;
}

void add_change(std::vector<OffsetChange>& changes, sys_seconds begin, Seconds offset) {
  if (changes.empty() || changes.back().offset != offset) changes.push_back({begin, offset});
}

// The times of the block and the type that each begins; before the first one the first type counts.
Result<std::vector<OffsetChange>> read_times(std::string_view bytes, const Block& block,
                                             sys_seconds& newest) {
  const std::size_t kinds = block.times * 8;
  const std::size_t types = kinds + block.times;
  const auto offset_of = [&](std::uint64_t type) {
    return Seconds{static_cast<std::int32_t>(number_at(bytes, types + type * 6, 4))};
  };
  std::vector<OffsetChange> changes;
  add_change(changes, before_all, offset_of(0));
  for (std::size_t i = 0; i < block.times; ++i) {
    const sys_seconds begin{Seconds{static_cast<std::int64_t>(number_at(bytes, i * 8, 8))}};
    const std::uint64_t type = number_at(bytes, kinds + i, 1);
    if (type >= block.types) return bad_file("a change to no known offset");
    if (i > 0 && begin <= newest) return bad_file("its changes are not in order");
    newest = begin;
    // Some files begin with a change at the beginning of the universe.
    if (begin <= before_all) changes.clear();
    add_change(changes, std::max(begin, before_all), offset_of(type));
  }
  for (const OffsetChange& change : changes) {
    if (change.offset > offset_max || change.offset < -offset_max)
      return bad_file("an offset of over 26 hours");
  }
  return changes;
}

}  // namespace

Result<std::vector<OffsetChange>> read_zone_file(std::string_view bytes, year last) {
  // The first block has times of 32 bits, for old programs; the second one says the same in 64.
  const auto old = block_at(bytes);
  if (!old || bytes.size() - header_size < old->size(4)) return bad_file("its header is none of version 2");
  bytes.remove_prefix(header_size + old->size(4));
  const auto block = block_at(bytes);
  if (!block || block->types == 0 || bytes.size() - header_size < block->size(8))
    return bad_file("it is cut off");
  if (block->leaps > 0) return bad_file("it counts leap seconds");
  bytes.remove_prefix(header_size);
  sys_seconds newest = before_all;
  auto changes = read_times(bytes, *block, newest);
  if (!changes) return changes.error();
  std::string_view footer = bytes.substr(block->size(8));
  if (footer.size() < 2 || !footer.starts_with('\n') || !footer.ends_with('\n'))
    return bad_file("it is cut off");
  footer = footer.substr(1, footer.size() - 2);
  if (footer.empty()) return changes;
  const Result<PosixRule> rule = PosixRule::parse(footer);
  if (!rule) return bad_file(rule.error().what);
  if (!rule->saves_daylight() && changes->back().offset != rule->standard())
    return bad_file("the rule at its end contradicts its last change");
  const year first{
      std::max(year_month_day{std::chrono::floor<std::chrono::days>(newest)}.year(), year{1969})};
  for (year y = first; y <= last; ++y) {
    for (const OffsetChange& change : rule->changes_in(y)) {
      if (change.begin > newest) add_change(*changes, change.begin, change.offset);
    }
  }
  return changes;
}

}  // namespace keeper
