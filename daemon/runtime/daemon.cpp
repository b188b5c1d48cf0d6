#include "runtime/daemon.h"

#include <algorithm>
#include <utility>

#include "base/thread_name.h"
#include "runtime/calling.h"
#include "runtime/descriptor_limit.h"
#include "runtime/log.h"
#include "runtime/sd_notify.h"
#include "runtime/settings_file.h"

namespace keeper {
namespace {

constexpr std::size_t deliveries_max = 8192;
// How long an event may wait for the loop before it is withdrawn.
constexpr Seconds take_limit{30};
// How long one who asked for a reload waits for its outcome.
constexpr Seconds reload_limit{50};
constexpr std::chrono::milliseconds look_every{100};

void log_problems(const std::vector<Problem>& problems) {
  for (const Problem& problem : problems) {
    const bool error = problem.severity == Problem::Severity::error;
    Log(error ? Level::error : Level::warning, "config").with("problem", to_line(problem));
  }
}

// What providers are told to call.
struct Hook {
  std::string url;
  Secret token;
  bool operator==(const Hook&) const = default;
};

Hook hook_of(const Settings& settings) {
  if (!settings.webhook) return {};
  const auto& tokens = settings.webhook->tokens;
  return {settings.webhook->public_url, tokens.empty() ? Secret{} : tokens.front()};
}

}  // namespace

std::unique_ptr<Daemon> Daemon::open(const std::string& config_path, Signals& signals, int* exit_code) {
  LoadOutcome outcome = load_for_run(config_path);
  log_problems(outcome.problems);
  *exit_code = exit_configuration;
  if (!outcome.settings) return nullptr;
  auto settings = std::make_shared<const Settings>(*std::move(outcome.settings));
  std::unique_ptr<Store> store;
  if (!settings->database) {
    Refusal refusal = Refusal::none;
    Result<std::unique_ptr<Store>> opened = Store::open(settings->store_path, &refusal);
    if (!opened) {
      Log(Level::error, "store_not_opened").with("error", opened.error().what);
      *exit_code = refusal == Refusal::newer ? exit_configuration : exit_failed;
      return nullptr;
    }
    store = *std::move(opened);
  }
  *exit_code = exit_failed;
  Result<ControlToken> token = ControlToken::make(settings->directory);
  if (!token) {
    Log(Level::error, "no_control_token").with("error", token.error().what);
    return nullptr;
  }
  *exit_code = exit_good;
  return std::unique_ptr<Daemon>(
      new Daemon(std::move(settings), std::move(store), *std::move(token), signals));
}

Daemon::Daemon(std::shared_ptr<const Settings> settings, std::unique_ptr<Store> store, ControlToken token,
               Signals& signals)
    : signals_(signals),
      store_(std::move(store)),
      token_(std::move(token)),
      inbox_(deliveries_max),
      leadership_(settings->database ? make_leadership(settings->database->lease) : nullptr),
      workers_(
          [this](Answer answer) {
            if (answer.held_back) tell_held_back(answer, meters_);
            note_if_late(answer);
            inbox_.post(std::move(answer));
          },
          leadership_.get()) {
  verifiers_.install(*settings);
  if (store_) {
    location_ = store_->location();
  } else {
    watch(*settings);
  }
  loaded_.with([&](Loaded& loaded) {
    loaded.settings = std::move(settings);
    loaded.loaded_at = started_at_;
  });
}

Daemon::~Daemon() {
  ending_ = true;
  reloads_.stop();
  watch_.reset();
  dead_mans_switch_.reset();
  if (loop_) loop_->stop();
  if (thread_.joinable()) thread_.join();
  workers_.stop();
  if (notifier_) notifier_->stop();
  store_thread_.reset();
  if (store_) store_->hand_over();
}

LoopPorts Daemon::loop_ports() {
  const std::optional<Millis> limit = watchdog_limit();
  LoopPorts ports;
  ports.dispatch = [this](std::vector<Effect> effects) { workers_.dispatch(std::move(effects)); };
  ports.post = [this](const std::vector<Post>& posts) { notifier_->post(posts); };
  ports.committed = log_transition;
  ports.noticed = log_notice;
  ports.pruned = log_removed;
  ports.provider_changed = log_provider;
  ports.target_changed = log_target_change;
  ports.session_changed = log_session;
  ports.published = [this, last = std::string{}](const Published& published) mutable {
    on_published_.with([](const std::function<void()>& call) {
      if (call) call();
    });
    std::string line = status_line(*published.view);
    if (!published.storage_error.empty()) line = "the store cannot be written; " + line;
    if (line == last) return;
    notify_status(line);
    last = std::move(line);
  };
  ports.may_leave = [this] { signals_.interrupt(); };
  if (limit) {
    ports.turned = [this, every = *limit / 4, fed = Mono{}]() mutable {
      const Mono now = BootClock::now();
      if (now < fed + every) return;
      if (workers_.hang(std::chrono::steady_clock::now())) {
        Log(Level::error, "call_hangs")
            .with("reason", "a call to a provider never ends; the watchdog is not fed any more");
        return;
      }
      notify_watchdog();
      fed = now;
    };
  }
  return ports;
}

// Of a database that it followed before, with the watchdog on since then.
Result<Ledger> Daemon::load() {
  if (database_ == nullptr) return store_->load();
  Result<Ledger> ledger = database_->load([] { notify_watchdog(); });
  if (database_->is_deposed()) deposed_ = true;
  return ledger;
}

Status Daemon::prepare() {
  const std::scoped_lock lock(beginning_);
  const Result<Ledger> ledger = load();
  if (!ledger) return ledger.error();
  const auto settings = loaded().settings;
  install_workers(*settings, nullptr);
  notifier_ = std::make_unique<Notifier>(store_->instance(),
                                         [this](Posted posted) { inbox_.post(std::move(posted)); });
  notifier_->install(settings->targets);
  store_->hand_over();
  store_thread_ =
      std::make_unique<StoreThread>(*store_, settings->commit_patience, [this] { inbox_.wake(); });
  loop_ = std::make_unique<Loop>(*store_thread_, *ledger, inbox_, clock_, meters_, lead_ports(loop_ports()));
  loop_->set_retention(settings->retention);
  if (const auto limit = watchdog_limit()) loop_->set_pulse(std::min(Millis{Seconds{5}}, *limit / 3));
  Log(Level::info, "started")
      .with("config", settings->path)
      .with("store", store_->location())
      .with("unresolved_sessions", static_cast<long long>(ledger->unresolved.size()));
  // The configuration is the first event: without it no session's provider is known.
  const auto installed = std::make_shared<std::promise<bool>>();
  configured_ = installed->get_future();
  inbox_.post(ConfigLoaded{settings->config},
              [installed](std::optional<Ack> ack) { installed->set_value(ack.has_value()); });
  turning_ = loop_.get();
  return Done{};
}

Status Daemon::start() {
  thread_ = std::thread([this] {
    name_thread("loop");
    loop_->run();
    loop_ended_ = true;
    signals_.interrupt();
  });
  // A disk may take its time.
  while (configured_.wait_for(look_every) != std::future_status::ready) {
    if (loop_ended_) return Error{ErrorKind::storage, loop_->fatal()};
    if (signals_.wait(BootClock::now()) == Signal::terminate)
      return Error{ErrorKind::storage, "asked to end before the configuration was in effect"};
  }
  if (configured_.get()) {
    install_dead_mans_switch(*loaded().settings);
    return Done{};
  }
  return Error{ErrorKind::storage, "the configuration is not in effect: " + why_not_on_disk()};
}

// For what came to nothing because it could not be put on disk.
std::string Daemon::why_not_on_disk() {
  const Published published = this->published();
  if (!published.storage_error.empty()) return "the store cannot be written: " + published.storage_error;
  if (published.refused_rows.empty()) return "the store could not be written for a moment; try again";
  return "the store refuses what its rows would hold: " + published.refused_rows +
         "; mend what the message names, `session-keeper verify-store` shows whether the rows are whole";
}

// Well: the loop turns, the store takes writes, no session is past its deadline.
bool Daemon::is_well() {
  const Published published = this->published();
  if (loop_hangs(loop_age()) || !published.storage_error.empty() || !published.view) return false;
  return !overdue_session(*published.view, wall_now());
}

void Daemon::install_dead_mans_switch(const Settings& settings) {
  const auto& wanted = settings.dead_mans_switch;
  if (wanted && dead_mans_switch_ && dead_mans_switch_->settings() == *wanted) return;
  dead_mans_switch_.reset();
  if (!wanted) return;
  dead_mans_switch_ = std::make_unique<DeadMansSwitch>(
      *wanted, [this] { return is_well(); }, monitor_);
}

Loaded Daemon::loaded() {
  return loaded_.with([](const Loaded& loaded) { return loaded; });
}

void Daemon::on_published(std::function<void()> call) {
  on_published_.with([&](std::function<void()>& current) { current = std::move(call); });
}

void Daemon::on_reloaded(std::function<void(const Settings&)> call) {
  on_reloaded_.with([&](std::function<void(const Settings&)>& current) { current = std::move(call); });
}

bool Daemon::deliver(Delivered delivered, Receipt receipt) {
  return turning_ != nullptr && inbox_.offer(std::move(delivered), std::move(receipt));
}

// Pools for the providers that are new or differ from `old`.
void Daemon::install_workers(const Settings& fresh, const Settings* old) {
  std::size_t calls = 0;
  for (const auto& [name, provider] : fresh.providers)
    calls += static_cast<std::size_t>(provider.max_concurrent);
  if (const Status raised = raise_descriptor_limit(calls); !raised)
    Log(Level::warning, "descriptors_short").with("reason", raised.error().what);
  const Hook hook = hook_of(fresh);
  const ProviderContext context{hook.url, environment, hook.token};
  std::map<ProviderName, PoolSettings> changed;
  for (const auto& [name, provider] : fresh.providers) {
    if (old && hook_of(*old) == hook) {
      const auto known = old->providers.find(name);
      if (known != old->providers.end() && known->second == provider) continue;
    }
    changed.emplace(name, pool_settings(provider, fresh.config->providers.at(name), context, meters_));
  }
  workers_.install(std::move(changed));
}

// Posts the event and waits until it is on disk. An event that the loop has not taken in time is withdrawn,
// and nothing comes of it. One that the loop has taken is done once the disk takes it, so that whoever cannot
// say "not known yet" must wait for that.
Result<Ack> Daemon::ask_loop(Event event, Wait wait) {
  const auto told = std::make_shared<std::promise<std::optional<Ack>>>();
  const auto claim = std::make_shared<Claim>();
  std::future<std::optional<Ack>> done = told->get_future();
  inbox_.post(
      std::move(event), [told](std::optional<Ack> ack) { told->set_value(ack); }, claim);
  if (!wait_for(done, BootClock::now() + take_limit)) {
    if (claim->withdraw())
      return Error{ErrorKind::storage, "the loop has not answered in time, so nothing was changed"};
    if (wait == Wait::bounded || !wait_for(done, mono_never))
      return Error{ErrorKind::storage,
                   "the disk has not taken it yet; it is done once the disk has, and until then nothing is"};
  }
  if (const std::optional<Ack> ack = done.get()) return *ack;
  return Error{ErrorKind::storage, "nothing was changed: " + why_not_on_disk()};
}

Result<Ack> Daemon::operate(OperatorAsked asked) {
  if (const std::string why = not_leading(); !why.empty()) return Error{ErrorKind::storage, why};
  return ask_loop(std::move(asked), Wait::bounded);
}

Status Daemon::try_reload() {
  const std::scoped_lock lock(beginning_);
  const std::shared_ptr<const Settings> old = loaded().settings;
  LoadOutcome outcome = load_for_run(old->path);
  log_problems(outcome.problems);
  const auto settled = settled_for_reload(*old, std::move(outcome), old->path);
  if (!settled) return settled.error();
  const std::shared_ptr<const Settings>& fresh = *settled;
  if (watch_) watch_->set_config_hash(fresh->database->config_hash);
  if (turning_ == nullptr) return follow_reload(fresh), Done{};
  // Before the event, because its effects may name the new providers at once.
  install_workers(*fresh, old.get());
  notifier_->install(fresh->targets);
  if (const Result<Ack> installed = ask_loop(ConfigLoaded{fresh->config}, Wait::until_known); !installed) {
    install_workers(*old, fresh.get());
    notifier_->install(old->targets);
    return installed.error();
  }
  verifiers_.install(*fresh);
  loop_->set_retention(fresh->retention);
  store_thread_->set_patience(fresh->commit_patience);
  install_dead_mans_switch(*fresh);
  loaded_.with([&](Loaded& loaded) {
    loaded.settings = fresh;
    loaded.loaded_at = wall_now();
  });
  on_reloaded_.with([&](const std::function<void(const Settings&)>& call) {
    if (call) call(*fresh);
  });
  return Done{};
}

Status Daemon::reload() {
  if (const auto outcome = reloads_.ask_and_wait(reload_limit)) return *outcome;
  return Error{
      ErrorKind::storage,
      "the reload is still under way, since the disk has not taken it yet: all of it takes effect once "
      "the disk has, and until then nothing of it"};
}

// On the thread of the reloads.
Status Daemon::carry_out_reload() {
  notify_reloading();
  Status done = try_reload();
  notify_ready();
  const std::string error = done.ok() ? std::string{} : done.error().what;
  loaded_.with([&](Loaded& loaded) {
    loaded.last_reload_successful = error.empty();
    loaded.last_reload_error = error;
  });
  if (error.empty()) {
    Log(Level::info, "reloaded").with("config", loaded().settings->path);
  } else {
    Log(Level::error, "reload_refused").with("error", error);
  }
  return done;
}

}  // namespace keeper
