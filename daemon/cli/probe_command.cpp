#include "cli/probe_command.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/check.h"
#include "base/digest.h"
#include "base/text.h"
#include "cli/probe_report.h"
#include "config/config.h"
#include "probe/measurement.h"
#include "provider/provider_table.h"
#include "runtime/signals.h"
#include "store/pg_history.h"

namespace keeper {
namespace {

namespace fs = std::filesystem;

// What a run of --clean tries for, of each journal.
constexpr Millis cleaning_patience = std::chrono::minutes{2};

int refused(const Terminal& terminal, const std::string& what, int code = exit_usage) {
  terminal.err << "session-keeper: " << what << "\n";
  return code;
}

class SignalPace final : public probe::Pace {
 public:
  Now now() const override { return {wall_now(), BootClock::now()}; }
  bool wait(Mono until) override { return !signals_.wait(until); }

 private:
  Signals signals_;
};

InstanceId drawn_instance() {
  std::array<char, 32> bytes{};
  KEEPER_CHECK(::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  return InstanceId{sha256_hex(std::string_view(bytes.data(), bytes.size())).substr(0, 32)};
}

// A name or a key of ours in the start, beside the tag.
bool starts_by_key(const Description& description) {
  const auto has_mark = [](const std::string& text) { return text.find("{session") != std::string::npos; };
  const auto hold_mark = [&](const Headers& headers) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& header) { return has_mark(header.second); });
  };
  const DescribedCall& start = description.start;
  return has_mark(start.path) || has_mark(start.body) || hold_mark(start.headers) ||
         hold_mark(description.headers);
}

// Its provider, which hears no webhooks, and the trace of its calls.
struct Voice {
  explicit Voice(const ProviderSettings& configured)
      : trace(std::make_shared<probe::Trace>(configured)), settings(configured) {
    settings.recorder = trace;
    ProviderContext context;
    context.environment = [heard = trace](const std::string& name) {
      auto value = environment(name);
      if (value) heard->add_secret(*value);
      return value;
    };
    provider = make_provider(settings, context);
  }

  std::shared_ptr<probe::Trace> trace;
  ProviderSettings settings;
  std::unique_ptr<Provider> provider;
};

std::optional<Settings> load(const ProbeRequest& request, const Terminal& terminal) {
  LoadOptions options;
  options.secrets_required = true;
  LoadOutcome outcome = load_settings(request.config, provider_kinds(), options);
  if (outcome.settings) return std::move(outcome.settings);
  for (const Problem& problem : outcome.problems) terminal.err << to_line(problem) << "\n";
  return std::nullopt;
}

std::string journal_directory(const ProbeRequest& request, const Settings& settings) {
  if (!request.state_directory.empty()) return request.state_directory;
  return settings.directory;
}

// Where the daemon's ledger cannot be read, nothing that is found by time alone is touched.
bool is_in_ledger(const Settings& settings, const ProviderName& provider, const RemoteId& remote) {
  if (!settings.database && !fs::exists(settings.store_path)) return false;
  const auto history =
      settings.database ? PgHistory::open(*settings.database) : History::open(settings.store_path);
  if (!history) return true;
  SessionQuery query;
  query.provider = provider;
  query.limit = 1000;
  while (true) {
    const auto page = (*history)->sessions(query);
    if (!page) return true;
    for (const SessionRow& row : page->rows) {
      if (row.remote_id == remote) return true;
    }
    if (!page->next) return false;
    query.before = page->next;
  }
}

probe::CleaningPorts ports_of(const Settings& settings, const ProviderName& provider,
                              const Terminal& terminal) {
  probe::CleaningPorts ports;
  ports.is_kept = [&settings, provider](const RemoteId& remote) {
    return is_in_ledger(settings, provider, remote);
  };
  ports.tell = [&terminal](const std::string& line) {
    terminal.err << "probe: " << printable(line) << std::endl;
  };
  return ports;
}

std::optional<Millis> life_of(const Plan& plan) {
  if (!plan.idle_timeout && !plan.maximum) return std::nullopt;
  return std::min(plan.idle_timeout.value_or(Millis::max()), plan.maximum.value_or(Millis::max()));
}

// Null: the complaint has been printed.
const Plan* plan_of(const ProbeRequest& request, const Settings& settings, const Terminal& terminal) {
  std::string names;
  const Plan* only = nullptr;
  for (const auto& [name, plan] : settings.config->plans) {
    if (plan.provider.str() != request.provider) continue;
    if (name.str() == request.plan) return &plan;
    only = names.empty() ? &plan : nullptr;
    names += (names.empty() ? "" : ", ") + name.str();
  }
  if (request.plan.empty() && only != nullptr) return only;
  if (names.empty()) {
    refused(terminal, "no plan of the configuration is at provider '" + printable(request.provider) +
                          "': the probe starts "
                          "the session of a plan, so add one (its schedule does not matter)");
  } else {
    refused(terminal,
            (request.plan.empty()
                 ? "provider '" + request.provider + "' has several plans: name one with --plan ("
                 : "provider '" + request.provider + "' has no plan '" + printable(request.plan) + "' (") +
                names + ")");
  }
  return nullptr;
}

probe::Json head_of(const probe::Terms& terms, const ProviderSettings& settings) {
  return {{"trace", 1},
          {"program", "session-keeper " KEEPER_VERSION},
          {"provider", terms.provider.str()},
          {"type", settings.type.str()},
          {"plan", terms.plan.name.str()},
          {"instance", terms.instance.str()},
          {"at", to_rfc3339(wall_now())}};
}

int measure_one(const ProbeRequest& request, const Settings& settings, const probe::Terms& terms,
                const probe::Limits& limits, const Terminal& terminal) {
  SignalPace pace;
  Voice voice(settings.providers.at(terms.provider));
  if (!request.trace.empty()) {
    if (const Status opened = voice.trace->open(request.trace); !opened)
      return refused(terminal, opened.error().what);
    voice.trace->begin(head_of(terms, voice.settings));
  }
  auto journal = probe::Journal::create(
      journal_directory(request, settings),
      {terms.provider, terms.instance, terms.plan.place, terms.plan.parameters, life_of(terms.plan)});
  if (!journal) return refused(terminal, journal.error().what, 1);
  const probe::CleaningPorts ports = ports_of(settings, terms.provider, terminal);
  ports.tell("at the most " + std::to_string(limits.starts) + " sessions, " + to_text(limits.max_time) +
             " and " + std::to_string(limits.cost) + " " + terms.traits.price->currency);
  const Mono begun = pace.now().mono;
  probe::Conversation conversation(*voice.provider, terms, pace, *voice.trace);
  const probe::Outcome outcome = measure(conversation, limits, *journal, ports);
  std::string note = voice.trace->trouble();
  if (journal->is_clean()) {
    if (const Status closed = journal->close(); !closed) note = closed.error().what;
  } else {
    note = "what is left stands in " + journal->path() + ": `session-keeper probe --clean --config " +
           request.config + "` ends it";
  }
  show_probe({voice.settings, terms, limits, outcome, pace.now().mono - begun, request.trace, note},
             request.json, terminal);
  const bool good =
      outcome.findings.all_hold() && outcome.left.empty() && outcome.broken_off.empty() && note.empty();
  return good ? 0 : 1;
}

int measure_provider(const ProbeRequest& request, const Settings& settings, const Terminal& terminal) {
  const ProviderName name{request.provider};
  if (!settings.providers.contains(name))
    return refused(terminal, request.config + " has no provider '" + printable(request.provider) + "'");
  const Plan* plan = plan_of(request, settings, terminal);
  if (plan == nullptr) return exit_usage;
  std::optional<Millis> max_time;
  if (!request.max_time.empty()) {
    max_time = parse_duration(request.max_time);
    if (!max_time || *max_time < Seconds{10})
      return refused(terminal, "--max-time: '" + printable(request.max_time) +
                                   "' is not a duration of at least 10s, such as 5m");
  }
  const probe::Terms terms{name,
                           drawn_instance(),
                           *plan,
                           settings.config->providers.at(name),
                           starts_by_key(settings.providers.at(name).description),
                           probe::call_spacing(settings.providers.at(name).limits)};
  const Result<probe::Limits> limits = probe::limits_of(terms, *request.max_cost, max_time);
  if (!limits) return refused(terminal, limits.error().what);
  return measure_one(request, settings, terms, *limits, terminal);
}

bool clean_one(const Settings& settings, probe::Journal& journal, probe::Pace& pace,
               const Terminal& terminal) {
  const probe::JournalHead& head = journal.head();
  const auto configured = settings.providers.find(head.provider);
  if (configured == settings.providers.end() && !journal.is_clean()) {
    refused(terminal, journal.path() + ": its provider '" + head.provider.str() +
                          "' is not in the configuration: name the one that has it");
    return false;
  }
  std::vector<std::string> left;
  if (!journal.is_clean()) {
    Plan plan;
    plan.name = PlanName{"probe"};
    plan.provider = head.provider;
    plan.place = head.place;
    plan.parameters = head.parameters;
    const probe::Terms terms{head.provider, head.instance,
                             plan,          settings.config->providers.at(head.provider),
                             false,         probe::call_spacing(configured->second.limits)};
    Voice voice(configured->second);
    probe::Conversation conversation(*voice.provider, terms, pace, *voice.trace);
    left = clean(conversation, journal, cleaning_patience, ports_of(settings, head.provider, terminal));
  }
  for (const std::string& line : left)
    terminal.err << "session-keeper: LEFT: " << printable(line, 500) << "\n";
  if (!left.empty() || !journal.is_clean()) return false;
  const auto starts = journal.starts().size();
  if (const Status closed = journal.close(); !closed) {
    refused(terminal, closed.error().what);
    return false;
  }
  terminal.out << "provider " << head.provider.str() << ": nothing is left of " << starts
               << (starts == 1 ? " start\n" : " starts\n");
  return true;
}

int clean_all(const ProbeRequest& request, const Settings& settings, const Terminal& terminal) {
  SignalPace pace;
  auto journals = probe::Journal::left_in(journal_directory(request, settings));
  if (!journals) return refused(terminal, journals.error().what, 1);
  bool good = true;
  std::size_t count = 0;
  for (probe::Journal& journal : *journals) {
    if (!request.provider.empty() && journal.head().provider.str() != request.provider) continue;
    ++count;
    good = clean_one(settings, journal, pace, terminal) && good;
  }
  if (count == 0) terminal.out << "no killed probe left anything\n";
  return good ? 0 : 1;
}

}  // namespace

int run_probe(const ProbeRequest& request, const Terminal& terminal) {
  if (!request.clean && (request.provider.empty() || !request.max_cost))
    return refused(terminal,
                   "probe needs a provider and --max-cost: `session-keeper probe PROVIDER --max-cost 0.50`");
  if (request.max_cost && (!std::isfinite(*request.max_cost) || *request.max_cost < 0))
    return refused(terminal, "--max-cost must be an amount of money, such as 0.50");
  const std::optional<Settings> settings = load(request, terminal);
  if (!settings) return exit_bad_configuration;
  return request.clean ? clean_all(request, *settings, terminal)
                       : measure_provider(request, *settings, terminal);
}

}  // namespace keeper
