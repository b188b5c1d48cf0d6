#include "base/text.h"
#include "config/readers.h"
#include "config/shape.h"
#include "config/value.h"

namespace keeper::config {
namespace {

class ScheduleReader {
 public:
  ScheduleReader(const Node& node, Problems& problems) : node_(node), problems_(problems) {}

  std::optional<Schedule> read(const PlanName& name) {
    Schedule::Spec spec;
    spec.plan = name;
    spec.always = bool_at(node_, "always").value_or(false);
    if (const auto zone = text_at(node_, "time_zone")) spec.zone = *Zone::find(*zone);
    if (!read_cron("start", spec.start) || !read_cron("stop", spec.stop)) return std::nullopt;
    spec.every = duration_at(node_, "every");
    spec.phase = duration_at(node_, "phase").value_or(Millis{0});
    spec.duration = duration_at(node_, "duration");
    spec.jitter = duration_at(node_, "jitter").value_or(Millis{0});
    if (!read_times(spec)) return std::nullopt;
    if (!read_dates(spec)) return std::nullopt;
    return make(std::move(spec));
  }

 private:
  bool read_cron(std::string_view key, std::optional<Cron>& cron) {
    const Node* node = value_at(node_, key);
    if (node == nullptr) return true;
    if (!node->is_scalar()) return false;
    auto parsed = Cron::parse(node->text);
    if (!std::holds_alternative<Cron>(parsed)) return false;
    cron = std::get<Cron>(std::move(parsed));
    if (cron->either_day()) {
      problems_.warning(node->place, "'" + std::string(key) +
                                         "' restricts the day of month and the day of week: " +
                                         "it matches when either of them does");
    }
    return true;
  }

  static std::optional<Wall> moment(const Node& node, const Zone& zone) {
    return node.is_scalar() ? parse_time_in(node.text, zone) : std::nullopt;
  }

  // A date means all of that day, as in `exclude`.
  static std::optional<Wall> last_moment(const Node& node, const Zone& zone) {
    const auto date = node.is_scalar() ? parse_date(node.text) : std::nullopt;
    if (!date) return moment(node, zone);
    const auto next_day = std::chrono::sys_days{*date} + std::chrono::days{1};
    return zone.first(LocalTime{next_day.time_since_epoch()}) - Millis{1};
  }

  bool read_times(Schedule::Spec& spec) {
    if (const Node* list = value_at(node_, "at")) {
      if (list->items.empty()) {
        problems_.error(list->place, "'at' must be a list of at least one time");
        return false;
      }
      for (const Node& item : list->items) {
        const auto time = moment(item, spec.zone);
        if (!time) return false;
        spec.at.push_back(*time);
      }
    }
    if (const Node* node = value_at(node_, "not_before")) {
      if (!(spec.not_before = moment(*node, spec.zone))) return false;
    }
    if (const Node* node = value_at(node_, "not_after")) {
      if (!(spec.not_after = last_moment(*node, spec.zone))) return false;
    }
    return true;
  }

  bool read_dates(Schedule::Spec& spec) {
    const Node* list = value_at(node_, "exclude");
    if (list == nullptr) return true;
    for (const Node& item : list->items) {
      const auto dates = to_date_range(item);
      if (!dates) return false;
      spec.exclude.push_back(*dates);
    }
    return true;
  }

  // The error begins with the key that is wrong.
  std::optional<Schedule> make(Schedule::Spec spec) {
    auto schedule = Schedule::make(std::move(spec));
    if (schedule.ok()) return std::move(*schedule);
    const std::string& what = schedule.error().what;
    const Entry* entry = node_.entry(what.substr(0, what.find(':')));
    problems_.error(entry != nullptr ? entry->place : node_.place, what);
    return std::nullopt;
  }

  const Node& node_;
  Problems& problems_;
};

}  // namespace

std::optional<Schedule> read_schedule(const Node& plan, const PlanName& name, Problems& problems) {
  const Entry* entry = plan.entry("schedule");
  if (entry == nullptr || (!entry->value.is_map() && !entry->value.is_null())) return std::nullopt;
  Node node = entry->value;
  node.kind = Node::Kind::map;
  node.place = entry->place;
  // A zone that is not known is reported, and does not hide what else is wrong.
  std::erase_if(node.entries, [](const Entry& each) {
    return each.key == "time_zone" && !Zone::find(each.value.text).ok();
  });
  Problems reported("");
  check_section(node, schedule_section(), "", {}, reported);
  if (reported.errors() > 0) return std::nullopt;
  return ScheduleReader(node, problems).read(name);
}

}  // namespace keeper::config
