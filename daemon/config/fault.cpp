#include <algorithm>

#include "base/text.h"
#include "config/secrets.h"
#include "config/value.h"

namespace keeper::config {
namespace {

std::string listed(const std::vector<std::string_view>& words) {
  std::string result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) result += i + 1 == words.size() ? " or " : ", ";
    result += words[i];
  }
  return result;
}

std::string range_text(const Type& type) {
  if (type.max == 0) return "";
  if (type.kind == Kind::duration) {
    return ", from " + to_text(Millis{type.min}) + " to " + to_text(Millis{type.max});
  }
  return " from " + std::to_string(type.min) + " to " + std::to_string(type.max);
}

std::string expected(const Type& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return "a whole number" + range_text(type);
    case Kind::number:
      return "a number such as 0.05";
    case Kind::text:
      return "a text";
    case Kind::choice:
      return listed(type.words);
    case Kind::duration:
      return "a duration such as 90s, 5m or 1h30m" + range_text(type);
    case Kind::size:
      return "a size such as 500MiB or 2GiB, at least 1MiB";
    case Kind::percent:
      return "a percentage such as 80%";
    case Kind::rate:
      return "calls per time such as 60/1m";
    case Kind::url:
      return "an http or https URL without user, query or fragment";
    case Kind::address:
      return "an IP address (or localhost) with a port, such as 127.0.0.1:8470";
    case Kind::path:
      return "a path";
    case Kind::secret:
      return "${ENV_NAME}";
    case Kind::cron:
      return "a cron expression such as \"0 9 * * mon-fri\"";
    case Kind::time_zone:
      return "an IANA time zone such as Europe/Berlin";
    case Kind::moment:
      return "a time such as 2026-12-24T18:00:00+01:00, or without an offset in the plan's zone";
    case Kind::date_range:
      return "a date or a range of dates, such as 2026-12-24 or 2026-12-24/2027-01-06";
    case Kind::list:
      return "a list";
    case Kind::section:
    case Kind::named:
    case Kind::texts:
    case Kind::secrets:
      return "a map of keys";
    case Kind::anything:
      return "anything";
  }
  check_failed("a known Kind", __FILE__, __LINE__);
}

bool in_range(const Type& type, long long value) {
  return type.max == 0 || (value >= type.min && value <= type.max);
}

bool fits_duration(const Type& type, const Node& node) {
  const auto value = to_duration(node);
  return value && (type.max == 0 ? value->count() > 0 : in_range(type, value->count()));
}

// Lists, maps and cron are judged elsewhere.
bool fits(const Type& type, const Node& node) {
  if (!node.is_scalar()) return type.kind == Kind::anything;
  switch (type.kind) {
    case Kind::boolean:
      return to_bool(node).has_value();
    case Kind::integer: {
      const auto value = to_integer(node);
      return value && in_range(type, *value);
    }
    case Kind::number:
      return to_number(node).has_value();
    case Kind::text:
    case Kind::path:
      return !node.text.empty();
    case Kind::choice:
      return to_word(node, type.words).has_value();
    case Kind::duration:
      return fits_duration(type, node);
    case Kind::size:
      return to_size(node).has_value();
    case Kind::percent:
      return to_percent(node).has_value();
    case Kind::rate:
      return to_rate(node).has_value();
    case Kind::url:
      return to_url(node).has_value();
    case Kind::address:
      return to_address(node).has_value();
    case Kind::secret:
      return variable_name(node.text).has_value();
    case Kind::cron:
      return std::holds_alternative<Cron>(Cron::parse(node.text));
    case Kind::time_zone:
      return Zone::find(node.text).ok();
    case Kind::moment:
      return parse_time_in(node.text, Zone{}).has_value();
    case Kind::date_range:
      return to_date_range(node).has_value();
    case Kind::anything:
      return true;
    case Kind::list:
    case Kind::section:
    case Kind::named:
    case Kind::texts:
    case Kind::secrets:
      return false;
  }
  check_failed("a known Kind", __FILE__, __LINE__);
}

// Values that may hold credentials, or that say more by their own error.
bool may_show(const Type& type) { return type.kind != Kind::url && type.kind != Kind::secret; }

std::string_view meant(const std::vector<Type>& types, const Node& node) {
  for (const Type& type : types) {
    if (const std::string_view word = closest(node.text, type.words); !word.empty()) return word;
  }
  return {};
}

std::string kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "'" + printable(node.text, 60) + "'";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  check_failed("a known kind", __FILE__, __LINE__);
}

std::string quoted_advice(const std::vector<Type>& types, const Node& node) {
  Node bare = node;
  bare.quoted = false;
  const bool only_quoted = node.quoted && std::any_of(types.begin(), types.end(),
                                                      [&](const Type& type) { return fits(type, bare); });
  return only_quoted ? ": the quotes make it a text" : "";
}

std::string bare_number_advice(const std::vector<Type>& types, const Node& node) {
  const bool wants_duration =
      std::any_of(types.begin(), types.end(), [](const Type& type) { return type.kind == Kind::duration; });
  const bool is_number = !node.text.empty() && node.text.size() < 10 &&
                         node.text.find_first_not_of("0123456789") == std::string::npos;
  if (!wants_duration || !is_number) return "";
  return ": a number alone has no unit, write " + node.text + "s or " + node.text + "m";
}

Fault cron_fault(const Node& node) {
  const auto parsed = Cron::parse(node.text);
  const auto& problem = std::get<CronProblem>(parsed);
  Place place = node.place;
  if (node.text_column) place.column = *node.text_column + static_cast<int>(problem.column) - 1;
  return {"is no cron expression: " + problem.message, place};
}

}  // namespace

std::string expectation(const std::vector<Type>& types) {
  std::string result;
  for (const Type& type : types) {
    if (!result.empty()) result += ", or ";
    result += expected(type);
  }
  return result;
}

std::optional<Fault> fault_of(const std::vector<Type>& types, const Node& node) {
  for (const Type& type : types) {
    if (fits(type, node)) return std::nullopt;
  }
  if (types.size() == 1 && node.is_scalar()) {
    if (types[0].kind == Kind::cron) return cron_fault(node);
    if (types[0].kind == Kind::time_zone) {
      if (const auto zone = Zone::find(node.text); !zone.ok())
        return Fault{"is an " + zone.error().what, node.place};
    }
  }
  std::string message = "must be " + expectation(types);
  const bool shown = std::all_of(types.begin(), types.end(), may_show);
  if (!node.is_scalar() || shown) message += ", not " + kind_of(node);
  if (const std::string_view word = meant(types, node); !word.empty()) {
    message += ": did you mean '" + std::string(word) + "'?";
  } else {
    message += quoted_advice(types, node) + bare_number_advice(types, node);
  }
  return Fault{std::move(message), node.place};
}

}  // namespace keeper::config
