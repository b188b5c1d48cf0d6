#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "base/text.h"
#include "schedule/cron.h"

namespace keeper {
namespace {

using Bits = std::uint64_t;
using std::string_view;

struct Field {
  string_view name;
  unsigned low, high;
  string_view allowed;
  string_view names;  // three letters each
  unsigned first_name;
};

constexpr Field second_field{"second", 0, 59, "0-59", "", 0};
constexpr Field minute_field{"minute", 0, 59, "0-59", "", 0};
constexpr Field hour_field{"hour", 0, 23, "0-23", "", 0};
constexpr Field day_field{
    "day of month", 1, 31, "1-31, L (the last day), 15W (the workday nearest to it)", "", 0};
constexpr Field month_field{"month", 1, 12, "1-12 or jan-dec", "janfebmaraprmayjunjulaugsepoctnovdec", 1};
constexpr Field weekday_field{
    "day of week",           0, 7, "0-7 or sun-sat, 5L (the last Friday), fri#2 (the second)",
    "sunmontuewedthufrisat", 0};

struct Nickname {
  string_view name, fields;
};

constexpr std::array<Nickname, 7> nicknames{{{"@yearly", "0 0 1 1 *"},
                                             {"@annually", "0 0 1 1 *"},
                                             {"@monthly", "0 0 1 * *"},
                                             {"@weekly", "0 0 * * 0"},
                                             {"@daily", "0 0 * * *"},
                                             {"@midnight", "0 0 * * *"},
                                             {"@hourly", "0 * * * *"}}};

bool all_digits(string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == string_view::npos;
}

bool ends_with_letter(string_view text, char letter) {
  return !text.empty() && std::tolower(static_cast<unsigned char>(text.back())) == letter;
}

bool begins_with_star(string_view text) { return text.front() == '*' || text.front() == '?'; }

std::vector<string_view> split_fields(string_view text) {
  std::vector<string_view> fields;
  constexpr string_view blanks = " \t\r\n";
  std::size_t at = text.find_first_not_of(blanks);
  while (at != string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
    fields.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(blanks, end);
  }
  return fields;
}

class Parser {
 public:
  explicit Parser(string_view text) : text_(text) {}

  std::variant<CronFields, CronProblem> parse();

 private:
  bool parse_fields(const std::vector<string_view>& fields);
  bool parse_field(const Field& field, string_view text, Bits& bits);
  bool parse_item(const Field& field, string_view item, Bits& bits);
  bool parse_special(const Field& field, string_view item, bool& is_special);
  bool parse_range(const Field& field, string_view item, string_view range, unsigned step, Bits& bits);
  bool parse_step(const Field& field, string_view item, std::size_t slash, unsigned& step);
  bool parse_value(const Field& field, string_view text, unsigned& value);
  bool check_matches(const std::vector<string_view>& fields);
  bool fail(string_view place, std::string message);
  bool fail(const Field& field, string_view place, const std::string& message);

  string_view text_;
  CronFields result_;
  std::optional<CronProblem> problem_;
};

bool Parser::fail(string_view place, std::string message) {
  problem_ = CronProblem{static_cast<std::size_t>(place.data() - text_.data()) + 1, std::move(message)};
  return false;
}

bool Parser::fail(const Field& field, string_view place, const std::string& message) {
  return fail(place, std::string(field.name) + ": " + message + "; allowed is " + std::string(field.allowed));
}

std::string in_quotes(string_view text) { return "\"" + printable(text, 40) + "\""; }

bool Parser::parse_value(const Field& field, string_view text, unsigned& value) {
  if (all_digits(text)) {
    value = 0;
    for (const char c : text.substr(0, 9)) value = value * 10 + static_cast<unsigned>(c - '0');
    if (text.size() > 9 || value < field.low || value > field.high) {
      return fail(field, text, printable(text, 40) + " is out of range");
    }
    return true;
  }
  const std::string name = lower_case(text);
  const std::size_t at = name.size() == 3 ? field.names.find(name) : string_view::npos;
  if (text.empty()) return fail(field, text, "a value is missing");
  if (at == string_view::npos || at % 3 != 0)
    return fail(field, text, in_quotes(text) + " is no value of it");
  value = field.first_name + static_cast<unsigned>(at / 3);
  return true;
}

bool Parser::parse_step(const Field& field, string_view item, std::size_t slash, unsigned& step) {
  const string_view text = item.substr(slash + 1);
  step = 0;
  if (all_digits(text) && text.size() <= 4) {
    for (const char c : text) step = step * 10 + static_cast<unsigned>(c - '0');
  }
  if (step > 0) return true;
  return fail(field, text, "a step is a number from 1 on, not " + in_quotes(text));
}

bool Parser::parse_range(const Field& field, string_view item, string_view range, unsigned step, Bits& bits) {
  unsigned low = field.low;
  unsigned high = field.high;
  if (range != "*" && range != "?") {
    const std::size_t dash = range.find('-');
    if (!parse_value(field, range.substr(0, dash), low)) return false;
    high = low;
    if (dash != string_view::npos) {
      const string_view end = range.substr(dash + 1);
      if (!parse_value(field, end, high)) return false;
      // "sat-sun" is a weekend, although Sunday is 0.
      if (&field == &weekday_field && high == 0 && low > 0 && !all_digits(end)) high = 7;
    } else if (range.size() != item.size()) {
      return fail(field, item,
                  in_quotes(item) + " steps from a single value; write a range before the step, as " +
                      std::string(range) + "-" + std::to_string(field.high) +
                      std::string(item.substr(range.size())));
    }
    if (low > high) return fail(field, item, "the range " + in_quotes(range) + " runs backwards");
  }
  for (unsigned value = low; value <= high; value += step) bits |= Bits{1} << value;
  return true;
}

// L, LW, 15W, 5L, fri#2.
bool Parser::parse_special(const Field& field, string_view item, bool& is_special) {
  is_special = true;
  unsigned value = 0;
  const bool plain = item.find_first_of("-/") == string_view::npos;
  if (&field == &day_field && plain) {
    if (lower_case(item) == "l") return result_.last_day = true;
    if (lower_case(item) == "lw") return result_.last_workday = true;
    if (ends_with_letter(item, 'w')) {
      if (!parse_value(field, item.substr(0, item.size() - 1), value)) return false;
      result_.nearest_workdays |= Bits{1} << value;
      return true;
    }
  }
  if (&field == &weekday_field && plain) {
    if (lower_case(item) == "l") return fail(field, item, "a bare L names no weekday");
    const std::size_t hash = item.find('#');
    if (hash != string_view::npos) {
      const string_view nth = item.substr(hash + 1);
      if (!parse_value(field, item.substr(0, hash), value)) return false;
      if (nth.size() != 1 || nth[0] < '1' || nth[0] > '5') {
        return fail(field, nth, in_quotes(nth) + " after # is not within 1-5");
      }
      result_.nth_weekdays[static_cast<std::size_t>(nth[0] - '0')] |= Bits{1} << (value % 7);
      return true;
    }
    if (ends_with_letter(item, 'l')) {
      if (!parse_value(field, item.substr(0, item.size() - 1), value)) return false;
      result_.last_weekdays |= Bits{1} << (value % 7);
      return true;
    }
  }
  is_special = false;
  return true;
}

bool Parser::parse_item(const Field& field, string_view item, Bits& bits) {
  if (item.empty()) return fail(field, item, "an entry of the list is missing");
  bool is_special = false;
  if (!parse_special(field, item, is_special)) return false;
  if (is_special) return true;
  const std::size_t slash = item.find('/');
  unsigned step = 1;
  if (slash != string_view::npos && !parse_step(field, item, slash, step)) return false;
  return parse_range(field, item, item.substr(0, slash), step, bits);
}

bool Parser::parse_field(const Field& field, string_view text, Bits& bits) {
  bits = 0;
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!parse_item(field, text.substr(0, comma), bits)) return false;
    if (comma == string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool Parser::parse_fields(const std::vector<string_view>& fields) {
  const std::size_t first = fields.size() - 5;
  if (first == 1 && !parse_field(second_field, fields[0], result_.seconds)) return false;
  if (!parse_field(minute_field, fields[first], result_.minutes)) return false;
  if (!parse_field(hour_field, fields[first + 1], result_.hours)) return false;
  if (!parse_field(day_field, fields[first + 2], result_.days)) return false;
  if (!parse_field(month_field, fields[first + 3], result_.months)) return false;
  if (!parse_field(weekday_field, fields[first + 4], result_.weekdays)) return false;
  if ((result_.weekdays & (Bits{1} << 7U)) != 0) result_.weekdays = (result_.weekdays & 0x7fU) | 1U;
  result_.any_minute = begins_with_star(fields[first]);
  result_.any_hour = begins_with_star(fields[first + 1]);
  result_.any_day = begins_with_star(fields[first + 2]);
  result_.any_weekday = begins_with_star(fields[first + 4]);
  return true;
}

// The calendar repeats after 400 years: what does not match in these never does.
bool Parser::check_matches(const std::vector<string_view>& fields) {
  unsigned longest = 0;
  for (std::chrono::year_month month{std::chrono::year{2000}, std::chrono::January};
       month.year() < std::chrono::year{2400}; month += std::chrono::months{1}) {
    if (matching_days(result_, month) != 0) return true;
    if ((result_.months >> static_cast<unsigned>(month.month()) & 1U) == 0) continue;
    longest = std::max(longest, static_cast<unsigned>((month / std::chrono::last).day()));
  }
  const string_view day = fields[fields.size() - 3];
  const string_view weekday = fields[fields.size() - 1];
  const Bits days = result_.days | result_.nearest_workdays;
  if (!result_.last_day && !result_.last_workday && (days & ((Bits{2} << longest) - 1)) == 0) {
    return fail(day, "day of month: " + in_quotes(day) +
                         " never comes in the month given, so this never matches" + "; allowed is 1-" +
                         std::to_string(longest));
  }
  return fail(weekday, "day of week: " + in_quotes(weekday) + " never falls on a day of month in " +
                           in_quotes(day) + ", so this never matches; allowed is " +
                           std::string(weekday_field.allowed));
}

std::variant<CronFields, CronProblem> Parser::parse() {
  std::vector<string_view> fields = split_fields(text_);
  const string_view end = text_.substr(text_.size());
  if (fields.empty()) {
    fail(end, "the expression is empty: five fields, six with seconds, or a nickname as @daily");
    return *problem_;
  }
  if (fields[0].front() == '@') {
    const std::string name = lower_case(fields[0]);
    const auto known = std::find_if(nicknames.begin(), nicknames.end(),
                                    [&name](const Nickname& nickname) { return nickname.name == name; });
    if (known == nicknames.end()) {
      fail(fields[0], "unknown nickname " + in_quotes(fields[0]) +
                          "; allowed is @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually");
      return *problem_;
    }
    if (fields.size() == 1) return Parser(known->fields).parse();
    fail(fields[1], "nothing may follow the nickname " + in_quotes(fields[0]));
    return *problem_;
  }
  if (fields.size() < 5 || fields.size() > 6) {
    fail(fields.size() > 6 ? fields[6] : end,
         "expected five fields (minute, hour, day of month, month, day of "
         "week), or six with seconds before them, and found " +
             std::to_string(fields.size()));
    return *problem_;
  }
  if (!parse_fields(fields) || !check_matches(fields)) return *problem_;
  return result_;
}

}  // namespace

std::variant<Cron, CronProblem> Cron::parse(string_view text) {
  auto parsed = Parser(text).parse();
  if (auto* problem = std::get_if<CronProblem>(&parsed)) return std::move(*problem);
  return Cron(std::string(text), std::get<CronFields>(parsed));
}

}  // namespace keeper
