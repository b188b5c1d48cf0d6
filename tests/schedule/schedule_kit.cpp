#include "schedule/schedule_kit.h"

#include <charconv>

namespace keeper::kit {
namespace {

using std::chrono::minutes;

int number(std::string_view text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<bool> allowed_values(std::string_view field, int low, int high) {
  std::vector<bool> allowed(static_cast<std::size_t>(high) + 1);
  for (const std::string_view item : split(field, ',')) {
    const auto stepped = split(item, '/');
    const auto range = split(stepped[0], '-');
    const bool all = range[0] == "*";
    const int first = all ? low : number(range[0]);
    const int last = all ? high : number(range.back());
    const int step = stepped.size() > 1 ? number(stepped[1]) : 1;
    for (int value = first; value <= last; value += step) allowed[static_cast<std::size_t>(value)] = true;
  }
  return allowed;
}

}  // namespace

Zone zone(std::string_view name) {
  auto found = Zone::find(name);
  REQUIRE(found.ok());
  return *found;
}

Wall utc(std::string_view text) {
  const auto time = parse_time(text);
  REQUIRE(time.has_value());
  return *time;
}

Cron cron(std::string_view text) {
  auto parsed = Cron::parse(text);
  if (const auto* problem = std::get_if<CronProblem>(&parsed)) FAIL(text << ": " << problem->message);
  return std::get<Cron>(parsed);
}

std::vector<std::string> runs(std::string_view expression, std::string_view zone_name, std::string_view after,
                              std::size_t count) {
  const Zone in = zone(zone_name);
  const Cron parsed = cron(expression);
  std::vector<std::string> times;
  auto time = parse_time_in(after, in);
  REQUIRE(time.has_value());
  while (times.size() < count && (time = parsed.next(*time, in))) times.push_back(to_rfc3339(*time, in));
  return times;
}

Schedule made(Schedule::Spec spec) {
  auto schedule = Schedule::make(std::move(spec));
  if (!schedule.ok()) FAIL(schedule.error().what);
  return *schedule;
}

Schedule::Spec starting(std::string_view start, std::string_view in) {
  Schedule::Spec spec;
  spec.start = cron(start);
  spec.zone = zone(in);
  spec.plan = PlanName("front-desk");
  return spec;
}

Schedule::Spec between(std::string_view start, std::string_view stop, std::string_view in) {
  Schedule::Spec spec = starting(start, in);
  spec.stop = cron(stop);
  return spec;
}

Schedule::Spec lasting(std::string_view start, Millis duration, std::string_view in) {
  Schedule::Spec spec = starting(start, in);
  spec.duration = duration;
  return spec;
}

PlainCron::PlainCron(std::string_view text) {
  const auto fields = split(text, ' ');
  REQUIRE(fields.size() == 5);
  allowed_ = {allowed_values(fields[0], 0, 59), allowed_values(fields[1], 0, 23),
              allowed_values(fields[2], 1, 31), allowed_values(fields[3], 1, 12),
              allowed_values(fields[4], 0, 7)};
  wildcard_ = fields[0][0] == '*' || fields[1][0] == '*';
  either_day_ = fields[2][0] != '*' && fields[4][0] != '*';
}

bool PlainCron::shows(LocalTime minute) const {
  const auto allows = [this](std::size_t field, auto value) {
    return allowed_[field][static_cast<std::size_t>(value)];
  };
  const auto day = std::chrono::floor<std::chrono::days>(minute);
  const auto of_day = (minute - day).count() / 60;
  if (!allows(0, of_day % 60) || !allows(1, of_day / 60)) return false;
  const std::chrono::year_month_day date{day};
  const unsigned weekday = std::chrono::weekday{day}.c_encoding();
  const bool by_day = allows(2, static_cast<unsigned>(date.day()));
  const bool by_weekday = allows(4, weekday) || (weekday == 0 && allows(4, 7));
  return allows(3, static_cast<unsigned>(date.month())) &&
         (either_day_ ? by_day || by_weekday : by_day && by_weekday);
}

void walk(const Zone& zone, Wall begin, Wall end, const std::function<void(const ClockMinute&)>& minute) {
  LocalTime expected = zone.local(begin);
  for (Wall now = begin; now < end; now += minutes{1}) {
    const LocalTime shown = zone.local(now);
    for (; expected < shown; expected += minutes{1}) minute({now, expected, true, false});
    minute({now, shown, shown >= expected, true});
    expected = std::max(expected, shown + minutes{1});
  }
}

bool fires(const PlainCron& cron, const ClockMinute& minute) {
  return cron.shows(minute.local) && (cron.wildcard() ? minute.shown : minute.fresh);
}

}  // namespace keeper::kit
