#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <ostream>
#include <system_error>

#include "cli/ask.h"
#include "cli/completion.h"
#include "cli/control.h"
#include "cli/decimal.h"
#include "cli/nodes.h"
#include "cli/offline.h"
#include "cli/preview_command.h"
#include "cli/probe_command.h"
#include "cli/replay.h"
#include "cli/simulate.h"
#include "cli/store_options.h"
#include "config/config.h"
#include "provider/provider_table.h"

namespace keeper {
namespace {

constexpr const char* default_config = "/etc/session-keeper/session-keeper.yaml";
constexpr const char* default_url = "http://127.0.0.1:8470";
constexpr int list_max = 1000;

// What the options of all commands are read into.
struct Options {
  std::string url;
  ControlRequest control;
  std::string output = "table";
  std::string session;
  RunRequest run;
  CheckRequest check;
  NextRequest next;
  SimulateRequest simulate;
  ListRequest list;
  CostRequest cost;
  BackupRequest backup;
  ExportRequest exported;
  PreviewRequest preview;
  ProbeRequest probe;
  std::string replayed;
  VerifyRequest verify;
  MoveRequest move;
  std::string shell;
  bool watch = false;
  bool known = false;
  bool dry_run = false;
};

// One command line being read: each add_* declares a command, which sets `call`.
class Commands {
 public:
  Commands(CLI::App& app, const Terminal& terminal) : app_(app), terminal_(terminal) {
    const char* url = std::getenv("SESSION_KEEPER_URL");
    options_.url = url && *url != '\0' ? url : default_url;
  }

  void declare() {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.add_option("--url", options_.url,
                    "the running daemon (default " + std::string(default_url) + ", or SESSION_KEEPER_URL)");
    app_.set_version_flag("--version", version_text());
    declare_daemon();
    declare_offline();
    declare_lists();
    declare_copies();
    declare_preview();
    declare_probe();
    declare_sessions();
    declare_control();
    declare_words();
    refuse_empty_values();
  }

  int call() const { return call_(); }

 private:
  static std::string version_text() { return "session-keeper " KEEPER_VERSION; }

  bool json() const { return options_.output == "json"; }

  // An empty value, say of a shell's variable that is not set, would mean the default.
  void refuse_empty_values() {
    const CLI::Validator filled(
        [](std::string& text) { return text.empty() ? std::string("must not be empty") : std::string(); },
        "");
    for (CLI::App* command : app_.get_subcommands({})) {
      for (CLI::Option* option : command->get_options()) {
        const bool takes_value = option->get_items_expected_max() > 0;
        if (takes_value && option->get_name() != "--reason") option->check(filled);
      }
    }
  }

  CLI::App& add(const char* name, const char* what, std::function<int()> call) {
    CLI::App* command = app_.add_subcommand(name, what);
    command->fallthrough();
    command->callback([this, call = std::move(call)] { call_ = call; });
    return *command;
  }

  // A command that asks a running daemon.
  CLI::App& add_client(const char* name, const char* what, std::function<int(const Asking&)> call) {
    return add(name, what, [this, call = std::move(call)] {
      const Result<Client> client = Client::make(options_.url);
      if (client) return call({*client, json()});
      terminal_.err << "session-keeper: " << client.error().what << "\n";
      return exit_usage;
    });
  }

  // One that prints the answer as a table or as it is.
  CLI::App& add_asking(const char* name, const char* what, std::function<int(const Asking&)> call) {
    CLI::App& command = add_client(name, what, std::move(call));
    add_output(command);
    return command;
  }

  static void add_token_file(CLI::App& command, std::string& token_file) {
    command.add_option("--token-file", token_file, "the control token (default: where the daemon puts it)");
  }

  void add_output(CLI::App& command) {
    command.add_option("-o,--output", options_.output, "table (for people) or json (for programs)")
        ->check(CLI::IsMember({"table", "json"}));
  }

  void add_limit(CLI::App& command, int& limit) {
    command.add_option("-n,--limit", limit, "how many at the most")
        ->transform(decimal())
        ->check(CLI::Range(1, list_max));
  }

  void declare_daemon() {
    CLI::App& run =
        add("run", "the daemon, in the foreground", [this] { return terminal_.run(options_.run); });
    run.add_option("--config", options_.run.config, "the configuration file")->required();
    run.add_option("--log-level", options_.run.log_level, "debug, info, warning or error")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    run.add_option("--log-format", options_.run.log_format,
                   "logfmt, json or journal (default: journal under systemd, else logfmt)")
        ->check(CLI::IsMember({"logfmt", "json", "journal"}));
  }

  void declare_offline() {
    CLI::App& check = add("check-config", "all complaints about a configuration file", [this] {
      options_.check.json = json();
      return check_config(options_.check, terminal_);
    });
    check.add_option("file", options_.check.file, "the configuration file")->required();
    check.add_flag("--strict", options_.check.strict, "a missing variable or secret file is an error");
    check.add_flag("--online", options_.check.online, "also make one harmless read at each provider");
    add_output(check);
    CLI::App& next = add("next", "when plans, or a cron expression, come next", [this] {
      options_.next.json = json();
      return show_next(options_.next, terminal_);
    });
    options_.next.config = default_config;
    auto* plan = next.add_option("plan", options_.next.plan, "one plan (default: all)");
    auto* config =
        next.add_option("--config", options_.next.config, "the configuration file")->capture_default_str();
    auto* cron = next.add_option("--cron", options_.next.cron, "a cron expression, instead of a file");
    next.add_option("--time-zone", options_.next.time_zone, "of the expression (default UTC)")->needs(cron);
    cron->excludes(plan)->excludes(config);
    next.add_option("--from", options_.next.from, "times after this one (default: now)");
    next.add_option("-n,--count", options_.next.count, "how many (default 10)")
        ->transform(decimal())
        ->check(CLI::Range(1, 10'000));
    add_output(next);
    CLI::App& simulation = add("simulate", "what a configuration would do over a span of time", [this] {
      options_.simulate.json = json();
      return simulate(options_.simulate, terminal_);
    });
    options_.simulate.config = default_config;
    simulation.add_option("--config", options_.simulate.config, "the configuration file")
        ->capture_default_str();
    simulation.add_option("--from", options_.simulate.from, "its begin (UTC unless it says otherwise)")
        ->required();
    simulation.add_option("--to", options_.simulate.to, "its end")->required();
    add_output(simulation);
    CLI::App& verify =
        add("verify-store", "whether a store is whole and unchanged, also while the daemon runs", [this] {
          options_.verify.json = json();
          return show_verification(options_.verify, terminal_);
        });
    options_.verify.config = default_config;
    add_verify_options(verify, options_.verify);
    add_output(verify);
  }

  void declare_lists() {
    CLI::App& status =
        add_asking("status", "what runs; exit 0: all as wanted, 1: not so, or a follower, 3: not running",
                   [this](const Asking& a) {
                     return options_.watch ? watch_status(a, terminal_) : ask_status(a, terminal_);
                   });
    status.add_flag("-w,--watch", options_.watch,
                    "show it anew every two seconds, with the sessions, until interrupted");
    add_asking("plans", "the plans", [this](const Asking& a) { return ask_plans(a, terminal_); });
    CLI::App& providers = add_asking(
        "providers", "the providers: whether they answer, and whether starts wait", [this](const Asking& a) {
          return options_.known ? list_descriptions(LoadOptions{}, a.json, terminal_)
                                : ask_providers(a, terminal_);
        });
    providers.add_flag("--known", options_.known,
                       "the ready-made descriptions of providers instead; needs no daemon");
    add_asking("orphans", "remotes that no session stands for: strangers, and what is being stopped",
               [this](const Asking& a) { return ask_orphans(a, terminal_); });
    CLI::App& sessions = add_asking("sessions", "the sessions, newest first", [this](const Asking& a) {
      return ask_sessions(a, options_.list, terminal_);
    });
    sessions.add_option("--plan", options_.list.plan, "of this plan");
    sessions.add_option("--provider", options_.list.provider, "at this provider");
    sessions.add_option("--state", options_.list.state, "in this state");
    add_limit(sessions, options_.list.limit);
    CLI::App& history = add_asking("history", "the transitions, in order", [this](const Asking& a) {
      return ask_history(a, options_.list, terminal_);
    });
    history.add_option("--session", options_.list.session, "of this session: its id, or the begin of it");
    history.add_option("--plan", options_.list.plan, "of this plan");
    history.add_flag("-f,--follow", options_.list.follow, "go on as they happen");
    add_limit(history, options_.list.limit);
    CLI::App& missed =
        add_asking("missed", "occurrences of a plan that were due and began nothing",
                   [this](const Asking& a) { return ask_missed(a, options_.list, terminal_); });
    missed.add_option("plan", options_.list.plan, "its name")->required();
    add_limit(missed, options_.list.limit);
    CLI::App& cost = add_asking("cost", "session time, its estimated cost, and the budgets",
                                [this](const Asking& a) { return ask_cost(a, options_.cost, terminal_); });
    cost.add_option("--since", options_.cost.since, "from this time on (default: 30 days before --until)");
    cost.add_option("--until", options_.cost.until, "up to this time (default: now)");
    CLI::App& notifications =
        add_asking("notifications", "the messages to notification targets",
                   [this](const Asking& a) { return ask_notifications(a, options_.list, terminal_); });
    add_limit(notifications, options_.list.limit);
    CLI::App& deliveries =
        add_asking("deliveries", "the webhook messages, newest first", [this](const Asking& a) {
          return options_.replayed.empty() ? ask_deliveries(a, options_.list, terminal_)
                                           : ask_replay(a, options_.replayed, terminal_);
        });
    auto* replay =
        deliveries.add_option("--replay", options_.replayed, "what this one would do if it came now");
    auto* dry_run = deliveries.add_flag("--dry-run", options_.dry_run,
                                        "required: a replay only tells, and never changes anything");
    replay->needs(dry_run);
    dry_run->needs(replay);
    deliveries.add_option("--provider", options_.list.provider, "of this provider");
    deliveries.add_option("--disposition", options_.list.state, "applied, held, late, ignored or unmatched");
    add_limit(deliveries, options_.list.limit);
  }

  void declare_copies() {
    CLI::App& backup =
        add_asking("backup", "a whole copy of the running daemon's store, in a file here",
                   [this](const Asking& a) { return ask_backup(a, options_.backup, terminal_); });
    add_backup_options(backup, options_.backup);
    add_token_file(backup, options_.backup.token_file);
    CLI::App& move = add("move-store", "moves a store from its file into a PostgreSQL database, or back",
                         [this] { return run_move(options_.move, terminal_); });
    add_move_options(move, options_.move);
    CLI::App& exported = add_client("export", "the transitions, oldest first", [this](const Asking& a) {
      return ask_export(a, options_.exported, terminal_);
    });
    add_export_options(exported, options_.exported);
  }

  void declare_preview() {
    CLI::App& preview =
        add_asking("preview", "what a reload with a file would start, stop, roll over and keep",
                   [this](const Asking& a) { return ask_preview(a, options_.preview, terminal_); });
    preview.alias("plan");
    options_.preview.config = default_config;
    preview.add_option("--config", options_.preview.config, "the configuration file")->capture_default_str();
    add_token_file(preview, options_.preview.token_file);
  }

  void declare_probe() {
    CLI::App& probe =
        add("probe", "what a provider really does, measured with sessions that it starts and ends", [this] {
          options_.probe.json = json();
          return run_probe(options_.probe, terminal_);
        });
    options_.probe.config = default_config;
    add_probe_options(probe, options_.probe);
    add_output(probe);
  }

  void declare_sessions() {
    CLI::App& session = add_asking("session", "one session and its transitions", [this](const Asking& a) {
      return ask_session(a, options_.session, terminal_);
    });
    session.add_option("id", options_.session, "its id, or the begin of it")->required();
    CLI::App& explain =
        add_asking("explain", "why a session is in its state, and what happens next",
                   [this](const Asking& a) { return ask_explain(a, options_.session, terminal_); });
    explain.add_option("session", options_.session, "its id, or the begin of it")->required();
  }

  using Order = int (*)(const Asking&, const ControlRequest&, const Terminal&);

  CLI::App& add_order(const char* name, const char* what, Order order) {
    CLI::App& command = add_asking(
        name, what, [this, order](const Asking& a) { return order(a, options_.control, terminal_); });
    add_token_file(command, options_.control.token_file);
    return command;
  }

  void declare_control() {
    add_order("reload", "have the daemon read its configuration anew", ask_reload);
    CLI::App& start = add_order("start", "resume a plan, or start an occurrence of it now", ask_start);
    start.add_option("plan", options_.control.target, "the plan")->required();
    CLI::App& stop = add_order("stop", "stop a session, or a plan (which pauses it), or all", ask_stop);
    stop.add_option("target", options_.control.target, "a plan, or a session's id or the begin of it");
    stop.add_flag("--all", options_.control.all, "every plan");
    stop.add_flag("--cancel", options_.control.cancel,
                  "by the provider's cancel call, where it has one (Sonoran)");
    CLI::App& pause = add_order("pause", "begin nothing more for a plan; what lives goes on", ask_pause);
    pause.add_option("plan", options_.control.target, "the plan")->required();
    pause.add_option("--until", options_.control.until,
                     "a time, such as 2026-12-24T09:00:00Z (default: until resume)");
    pause.add_option("--reason", options_.control.reason, "the reason; the status page and `plans` show it");
    CLI::App& resume = add_order("resume", "end a pause", ask_resume);
    resume.add_option("plan", options_.control.target, "the plan")->required();
    add_asking("nodes", "the nodes that share the store, and which of them leads",
               [this](const Asking& a) { return ask_nodes(a, terminal_); });
    CLI::App& switchover = add_order(
        "switchover", "have the leader hand over, and wait until another node leads", ask_switchover);
    switchover.add_option("node", options_.control.target, "that is to lead (default: any other)");
  }

  void declare_words() {
    add("config-schema", "JSON Schema of the configuration",
        [this] { return print(config_schema(provider_kinds())); });
    CLI::App& completion = add("completion", "a script that completes commands in a shell",
                               [this] { return print(completion_script(app_, options_.shell)); });
    completion.add_option("shell", options_.shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    add("version", "the version", [this] { return print(version_text()); });
    // App::help() would describe the selected command, which is this one.
    add("help", "this text", [this] {
      return print(app_.get_formatter()->make_help(&app_, app_.get_name(), CLI::AppFormatMode::Normal));
    });
  }

  int print(const std::string& text) const {
    terminal_.out << text << (text.empty() || text.back() == '\n' ? "" : "\n");
    return 0;
  }

  CLI::App& app_;
  const Terminal& terminal_;
  Options options_;
  std::function<int()> call_;
};

int run_parsed(int argc, const char* const* argv, const Terminal& terminal) {
  CLI::App app(
      "Starts sessions at remote providers when they are due, keeps them alive and records what becomes of "
      "them.",
      "session-keeper");
  Commands commands(app, terminal);
  try {
    commands.declare();
    app.parse(argc, argv);
    return commands.call();
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong, terminal.out, terminal.err) == 0 ? 0 : exit_usage;
  } catch (const std::exception& failure) {
    terminal.err << "session-keeper: " << failure.what() << "\n";
    return 1;
  }
}

}  // namespace

int run_command_line(int argc, const char* const* argv, const Terminal& terminal) {
  const int code = run_parsed(argc, argv, terminal);
  errno = 0;
  if (terminal.out.flush()) return code;
  terminal.err << "session-keeper: standard output cannot be written"
               << (errno != 0 ? ": " + std::generic_category().message(errno) : "") << "\n";
  return code == 0 ? 1 : code;
}

}  // namespace keeper
