#include "cli/offline.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "base/text.h"
#include "cli/online.h"
#include "cli/table.h"
#include "config/config.h"
#include "provider/provider_table.h"
#include "schedule/schedule.h"
#include "store/pg_store.h"

namespace keeper {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct Coming {
  Wall time;
  std::string plan;  // empty: of an expression alone
  Zone zone;
};

int wrong(const Terminal& terminal, const std::string& what, int code) {
  terminal.err << "session-keeper: " << what << "\n";
  return code;
}

std::string dump(const OrderedJson& json) {
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace);
}

// A line for each plan, of what nobody has proven at the live provider.
void show_unproven(const Settings& settings, const Terminal& terminal) {
  for (const auto& [name, plan] : settings.config->plans) {
    const ProviderSettings& provider = settings.providers.at(plan.provider);
    const auto unproven = provider_row(provider.type).kind.unproven;
    const std::vector<std::string> claims =
        unproven != nullptr ? unproven(plan, provider) : std::vector<std::string>{};
    if (claims.empty()) continue;
    terminal.out << "plan " << name.str() << " hangs on what is not proven live (`session-keeper probe "
                 << plan.provider.str() << "` measures it): ";
    for (std::size_t i = 0; i < claims.size(); ++i) terminal.out << (i == 0 ? "" : ", ") << claims[i];
    terminal.out << "\n";
  }
}

std::string place_of_store(const Settings& settings) {
  return settings.database ? pg_location(*settings.database) : settings.store_path;
}

bool is_error(const Problem& problem) { return problem.severity == Problem::Severity::error; }

OrderedJson json_of(const std::vector<Problem>& problems) {
  OrderedJson list = OrderedJson::array();
  for (const Problem& problem : problems) {
    list.push_back({{"file", problem.file},
                    {"line", problem.line},
                    {"column", problem.column},
                    {"severity", std::string(to_string(problem.severity))},
                    {"message", problem.message}});
  }
  return list;
}

// "+1h", "-30m"; empty on a day like others.
std::string change_of(const Coming& one) {
  const Seconds change = one.zone.change_on_day(one.time);
  if (change == Seconds{0}) return {};
  return (change > Seconds{0} ? "+" : "-") + to_text(std::chrono::abs(change));
}

void show(const std::vector<Coming>& coming, bool json, const Terminal& terminal) {
  if (json) {
    OrderedJson list = OrderedJson::array();
    for (const Coming& one : coming) {
      OrderedJson entry{{"time", to_rfc3339(one.time, one.zone)}, {"time_utc", to_rfc3339(one.time)}};
      if (!one.plan.empty()) entry["plan"] = one.plan;
      if (const std::string change = change_of(one); !change.empty()) entry["clock_change"] = change;
      list.push_back(std::move(entry));
    }
    terminal.out << dump(list) << "\n";
    return;
  }
  const bool plans =
      std::any_of(coming.begin(), coming.end(), [](const Coming& one) { return !one.plan.empty(); });
  const bool changes =
      std::any_of(coming.begin(), coming.end(), [](const Coming& one) { return !change_of(one).empty(); });
  std::vector<std::string> heads{"TIME", "TIME UTC"};
  if (plans) heads.emplace_back("PLAN~");
  if (changes) heads.emplace_back("THAT DAY");
  Table table(heads);
  for (const Coming& one : coming) {
    std::vector<std::string> cells{to_rfc3339(one.time, one.zone), to_rfc3339(one.time)};
    if (plans) cells.push_back(one.plan);
    if (changes) cells.push_back(change_of(one).empty() ? "" : "clock " + change_of(one));
    table.row(cells);
  }
  if (table.empty()) {
    terminal.out << "nothing to come\n";
  } else {
    table.print(terminal.out, terminal.columns, terminal.colour);
  }
}

int next_of_cron(const NextRequest& request, const Terminal& terminal) {
  const Result<Zone> zone = Zone::find(request.time_zone);
  if (!zone) return wrong(terminal, zone.error().what, exit_usage);
  const auto parsed = Cron::parse(request.cron);
  if (const auto* problem = std::get_if<CronProblem>(&parsed)) {
    return wrong(terminal,
                 "'" + printable(request.cron) + "', column " + std::to_string(problem->column) + ": " +
                     problem->message,
                 exit_usage);
  }
  const Cron& cron = std::get<Cron>(parsed);
  const std::optional<Wall> from = request.from.empty() ? wall_now() : parse_time_in(request.from, *zone);
  if (!from)
    return wrong(terminal,
                 "--from: '" + printable(request.from) + "' is not a time such as 2026-12-24T09:00:00Z",
                 exit_usage);
  std::vector<Coming> coming;
  for (auto time = cron.next(*from, *zone); time && static_cast<int>(coming.size()) < request.count;
       time = cron.next(*time, *zone)) {
    coming.push_back({*time, {}, *zone});
  }
  show(coming, request.json, terminal);
  return 0;
}

// A time without an offset is read in the plan's own zone.
bool add_coming(const Plan& plan, const NextRequest& request, std::vector<Coming>& coming) {
  const Zone& zone = plan.schedule.spec().zone;
  const std::optional<Wall> from = request.from.empty() ? wall_now() : parse_time_in(request.from, zone);
  if (!from) return false;
  auto next = plan.schedule.next_start(*from);
  for (int n = 0; n < request.count && next; ++n, next = plan.schedule.next_start(next->start)) {
    coming.push_back({next->start, plan.name.str(), zone});
  }
  return true;
}

int next_of_file(const NextRequest& request, const Terminal& terminal) {
  const LoadOutcome outcome = load_settings(request.config, provider_kinds(), {});
  if (!outcome.settings) {
    for (const Problem& problem : outcome.problems) terminal.err << to_line(problem) << "\n";
    return exit_bad_configuration;
  }
  const auto& plans = outcome.settings->config->plans;
  if (!request.plan.empty() && !plans.contains(PlanName(request.plan))) {
    return wrong(terminal, request.config + " has no plan '" + printable(request.plan) + "'", 1);
  }
  std::vector<Coming> coming;
  for (const auto& [name, plan] : plans) {
    if (!request.plan.empty() && name.str() != request.plan) continue;
    if (!add_coming(plan, request, coming)) {
      return wrong(terminal,
                   "--from: '" + printable(request.from) + "' is not a time such as 2026-12-24T09:00:00Z",
                   exit_usage);
    }
  }
  std::stable_sort(coming.begin(), coming.end(),
                   [](const Coming& a, const Coming& b) { return a.time < b.time; });
  if (static_cast<int>(coming.size()) > request.count) coming.resize(static_cast<std::size_t>(request.count));
  show(coming, request.json, terminal);
  return 0;
}

}  // namespace

int check_config(const CheckRequest& request, const Terminal& terminal) {
  LoadOptions options;
  options.strict = request.strict;
  options.secrets_required = request.online;
  LoadOutcome outcome = load_settings(request.file, provider_kinds(), options);
  std::vector<OnlineCheck> checks;
  if (request.online && outcome.settings) checks = check_online(*outcome.settings);
  for (const OnlineCheck& check : checks) {
    if (!check.works())
      outcome.problems.push_back({request.file, 0, 0, Problem::Severity::error, check.told});
  }
  const bool good =
      outcome.settings && std::none_of(outcome.problems.begin(), outcome.problems.end(), is_error);
  if (request.json) {
    terminal.out << dump(json_of(outcome.problems)) << "\n";
  } else {
    for (const Problem& problem : outcome.problems) terminal.err << to_line(problem) << "\n";
    const auto errors = std::count_if(outcome.problems.begin(), outcome.problems.end(), is_error);
    for (const OnlineCheck& check : checks) {
      if (check.works()) terminal.out << check.told << "\n";
    }
    if (good) {
      terminal.out << request.file << ": good, " << outcome.settings->config->plans.size() << " plans, "
                   << outcome.settings->providers.size() << " providers\n"
                   << "the store is " << printable(place_of_store(*outcome.settings)) << "\n";
      show_unproven(*outcome.settings, terminal);
    } else {
      terminal.out << request.file << ": " << errors << (errors == 1 ? " error\n" : " errors\n");
    }
  }
  const bool unreachable = std::any_of(checks.begin(), checks.end(),
                                       [](const auto& check) { return check.outcome == Outcome::unclear; });
  if (good) return 0;
  return outcome.settings && unreachable ? 1 : exit_bad_configuration;
}

int list_descriptions(const LoadOptions& options, bool json, const Terminal& terminal) {
  OrderedJson list = OrderedJson::array();
  Table table({"DESCRIPTION", "FROM"});
  for (const KnownDescription& known : known_descriptions(options)) {
    list.push_back({{"description", known.name},
                    {"file", known.file.empty() ? OrderedJson() : OrderedJson(known.file)}});
    table.row({known.name, known.file.empty() ? "this program" : known.file});
  }
  if (json) {
    terminal.out << dump(list) << "\n";
  } else {
    table.print(terminal.out, terminal.columns, terminal.colour);
  }
  return 0;
}

int show_next(const NextRequest& request, const Terminal& terminal) {
  return request.cron.empty() ? next_of_file(request, terminal) : next_of_cron(request, terminal);
}

}  // namespace keeper
