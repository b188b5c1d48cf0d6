#include "schedule/posix_rule.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/text.h"

namespace keeper {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;

constexpr int change_hours_max = 167;
constexpr int offset_hours_max = 24;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

// Takes one part after the other from the front; each answers false where there is none.
class PosixRule::Text {
 public:
  explicit Text(std::string_view text) : text_(text) {}

  bool empty() const { return text_.empty(); }
  bool at(char c) const { return text_.starts_with(c); }

  bool mark(char c) {
    if (!at(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool name() {
    std::size_t length = 0;
    if (at('<')) {
      length = text_.find('>') + 1;
    } else {
      while (length < text_.size() && is_letter(text_[length])) ++length;
    }
    if (length < 3) return false;
    text_.remove_prefix(length);
    return true;
  }

  bool number(int& value, int min, int max) {
    if (text_.empty() || text_.front() < '0' || text_.front() > '9') return false;
    const auto [end, failed] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (failed != std::errc{} || value < min || value > max) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }

  // "-3", "5:30", "+12:45:00"
  bool clock(Seconds& time, int hours_max) {
    const bool negative = at('-');
    if (!mark('-')) mark('+');
    int hour = 0, minute = 0, second = 0;
    if (!number(hour, 0, hours_max)) return false;
    if (mark(':') && !number(minute, 0, 59)) return false;
    if (mark(':') && !number(second, 0, 59)) return false;
    time = hours{hour} + minutes{minute} + Seconds{second};
    if (negative) time = -time;
    return true;
  }

  bool moment(Moment& moment) {
    if (mark('M')) {
      int month = 0, week = 0, weekday = 0;
      if (!number(month, 1, 12) || !mark('.') || !number(week, 1, 5) || !mark('.') ||
          !number(weekday, 0, 6)) {
        return false;
      }
      moment.month = static_cast<unsigned>(month);
      moment.week = static_cast<unsigned>(week);
      moment.weekday = static_cast<unsigned>(weekday);
    } else if (mark('J')) {
      moment.kind = Moment::Kind::day_without_february_29;
      if (!number(moment.day, 1, 365)) return false;
    } else {
      moment.kind = Moment::Kind::day;
      if (!number(moment.day, 0, 365)) return false;
    }
    return !mark('/') || clock(moment.time, change_hours_max);
  }

 private:
  std::string_view text_;
};

Result<PosixRule> PosixRule::parse(std::string_view text) {
  const auto malformed = [&] {
    return Error{ErrorKind::malformed, "no rule of a time zone: " + printable(text)};
  };
  Text rest(text);
  PosixRule rule;
  // POSIX counts towards the west.
  Seconds west{0};
  if (!rest.name() || !rest.clock(west, offset_hours_max)) return malformed();
  rule.standard_ = -west;
  if (rest.empty()) return rule;
  if (!rest.name()) return malformed();
  west -= hours{1};
  if (!rest.at(',') && !rest.clock(west, offset_hours_max)) return malformed();
  rule.saving_ = -west;
  const bool dated = rest.mark(',') && rest.moment(rule.begin_) && rest.mark(',') && rest.moment(rule.end_);
  if (!dated || !rest.empty()) return malformed();
  return rule;
}

std::chrono::local_seconds PosixRule::on(const Moment& moment, std::chrono::year year) {
  const local_days first{year / 1 / 1};
  switch (moment.kind) {
    case Moment::Kind::weekday: {
      const auto month = year / std::chrono::month{moment.month};
      const std::chrono::weekday weekday{moment.weekday};
      if (moment.week == 5) return local_days{month / weekday[std::chrono::last]} + moment.time;
      return local_days{month / weekday[moment.week]} + moment.time;
    }
    case Moment::Kind::day:
      return first + days{moment.day} + moment.time;
    case Moment::Kind::day_without_february_29:
      break;
  }
  const bool after_february = year.is_leap() && moment.day > 31 + 28;
  return first + days{moment.day - (after_february ? 0 : 1)} + moment.time;
}

std::vector<OffsetChange> PosixRule::changes_in(std::chrono::year year) const {
  if (!saving_) return {};
  const auto by = [](std::chrono::local_seconds local, Seconds offset) {
    return std::chrono::sys_seconds{local.time_since_epoch() - offset};
  };
  std::vector<OffsetChange> changes{{by(on(begin_, year), standard_), *saving_},
                                    {by(on(end_, year), *saving_), standard_}};
  std::sort(changes.begin(), changes.end(),
            [](const OffsetChange& a, const OffsetChange& b) { return a.begin < b.begin; });
  return changes;
}

}  // namespace keeper
