// The program: hands the command line to cli/, and joins the daemon in runtime/ to the listeners in
// webhook/ and status/.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "cli/command_line.h"
#include "runtime/daemon.h"
#include "runtime/inherited.h"
#include "runtime/log.h"
#include "status/status_listener.h"
#include "webhook/webhook_listener.h"

namespace keeper {
namespace {

constexpr Millis webhook_grace = Seconds{2};
// What the last log lines may take of the end of the process.
constexpr Millis log_grace = Seconds{1};

struct Listeners {
  std::shared_ptr<History> history;
  std::unique_ptr<WebhookListener> webhook;  // null: the configuration has none
  std::unique_ptr<StatusListener> status;
};

std::vector<CheckFact> ready_checks(Daemon& daemon, const Published& published) {
  const Millis age = daemon.loop_age();
  const bool in_effect = published.view != nullptr || daemon.follows();
  std::vector<CheckFact> checks{
      {"store", published.storage_error.empty(), published.storage_error},
      {"configuration", in_effect, in_effect ? "" : "not in effect yet"},
      {"loop", !loop_hangs(age), loop_hangs(age) ? "has not turned for " + to_text(age) : ""}};
  if (daemon.follows()) checks.push_back({"follower", false, daemon.not_leading()});
  return checks;
}

DaemonFacts facts_of(Daemon& daemon, const WebhookListener* webhook) {
  const Published published = daemon.published();
  const Loaded loaded = daemon.loaded();
  DaemonFacts facts;
  facts.version = KEEPER_VERSION;
  facts.started_at = daemon.started_at();
  facts.ready = ready_checks(daemon, published);
  facts.healthy = {facts.ready.at(2)};
  facts.config = {loaded.settings->path, loaded.settings->sha256, loaded.loaded_at,
                  loaded.last_reload_successful, loaded.last_reload_error};
  facts.store = {daemon.store_location(), published.store_bytes, published.last_seq};
  facts.loop_age = std::max(daemon.loop_age(), Millis{0});
  facts.log_lines_dropped = log_lines_dropped();
  if (webhook) facts.webhook = webhook->facts();
  facts.monitor = daemon.monitor();
  facts.cluster = daemon.cluster();
  for (const auto& [name, provider] : loaded.settings->providers) {
    facts.providers.push_back({name, provider.type, provider.rate_limit, daemon.rate_left(name)});
  }
  return facts;
}

VerificationResult verify(Daemon& daemon, std::string_view provider, std::string_view body,
                          const HeaderOf& header) {
  if (const std::string why = daemon.not_leading(); !why.empty()) return NotNow{"this is not the leader"};
  const auto verifier = daemon.verifier(provider);
  if (!verifier) return Unauthorized{};
  const auto authenticity = verifier->authenticity(body, header);
  if (authenticity == WebhookVerifier::Authenticity::forged) return Unauthorized{};
  if (authenticity == WebhookVerifier::Authenticity::no_key)
    return NotNow{"the key that verifies signatures is not known yet; send it again"};
  Result<Delivery> parsed = verifier->read(std::string(body), wall_now());
  if (!parsed) return Malformed{parsed.error().what};
  Delivered delivered;
  delivered.row = std::move(parsed->row);
  delivered.followed = parsed->followed;
  return delivered;
}

WebhookPorts webhook_ports(Daemon& daemon) {
  WebhookPorts ports;
  ports.admits = [&daemon](std::string_view provider, std::string_view token) {
    return daemon.verifier(provider) != nullptr && daemon.admits(token);
  };
  ports.verify = [&daemon](std::string_view provider, std::string_view body, const HeaderOf& header) {
    return verify(daemon, provider, body, header);
  };
  ports.deliver = [&daemon](Delivered delivered, DeliveryDone done) {
    const Wall received = delivered.row.received_at;
    return daemon.deliver(std::move(delivered),
                          [&daemon, received, done = std::move(done)](std::optional<Ack> ack) {
                            if (ack) daemon.meters().acknowledged(std::max(wall_now() - received, Millis{0}));
                            done(ack);
                          });
  };
  return ports;
}

WebhookLimits limits_of(const WebhookSettings& settings) {
  WebhookLimits limits;
  limits.exempt_addresses = {settings.trusted_proxies.begin(), settings.trusted_proxies.end()};
  return limits;
}

// The configuration's loading has tried the two files together already.
ServerTls tls_of(const WebhookSettings& settings) {
  const auto& certificate = settings.certificate;
  return certificate ? make_server_tls(certificate->chain, certificate->key).value() : ServerTls{};
}

StatusPorts status_ports(Daemon& daemon, const WebhookListener* webhook) {
  StatusPorts ports;
  ports.view = [&daemon] { return daemon.published().view; };
  ports.facts = [&daemon, webhook] { return facts_of(daemon, webhook); };
  ports.reload = [&daemon] {
    const Status done = daemon.reload();
    if (done.ok()) return ReloadOutcome{true, {}};
    return ReloadOutcome{false, done.error().what, done.error().kind == ErrorKind::storage};
  };
  ports.preview = [&daemon](std::string text, const std::string& name) {
    return daemon.preview(std::move(text), name);
  };
  ports.measured = [&daemon] { return daemon.meters().collect(); };
  if (daemon.cluster()) {
    ports.switchover = [&daemon](const std::string& node) { return daemon.ask_hand_over(node); };
  }
  ports.operate = [&daemon](OperatorAsked asked) { return daemon.operate(std::move(asked)); };
  return ports;
}

Result<Listeners> start_listeners(Daemon& daemon) {
  const auto settings = daemon.loaded().settings;
  Listeners listeners;
  Result<std::unique_ptr<History>> history = daemon.open_history();
  if (!history) return history.error();
  listeners.history = *std::move(history);
  const std::optional<int> inherited = take_inherited_socket();
  if (inherited && !settings->webhook) {
    ::close(*inherited);
    Log(Level::warning, "socket_not_used")
        .with("reason", "the configuration has no webhook: disable session-keeper.socket");
  }
  if (settings->webhook) {
    auto webhook = WebhookListener::start(settings->webhook->listen, webhook_ports(daemon),
                                          limits_of(*settings->webhook), tls_of(*settings->webhook),
                                          inherited.value_or(-1));
    if (!webhook) return webhook.error();
    listeners.webhook = *std::move(webhook);
    daemon.on_reloaded([listener = listeners.webhook.get()](const Settings& fresh) {
      listener->use(tls_of(*fresh.webhook));
    });
    Log(Level::info, "listening").with("for", "webhook").with("port", listeners.webhook->port());
  }
  StatusOptions options{settings->status.listen, settings->status.allowed_hosts, daemon.token().secret()};
  auto status = StatusListener::start(std::move(options), status_ports(daemon, listeners.webhook.get()),
                                      listeners.history);
  if (!status) return status.error();
  listeners.status = *std::move(status);
  Log(Level::info, "listening").with("for", "status").with("port", listeners.status->port());
  daemon.on_published([listener = listeners.status.get()] { listener->published(); });
  return listeners;
}

void stop_webhook(Listeners& listeners) {
  if (listeners.webhook) listeners.webhook->stop(webhook_grace);
}

void stop_listeners(Daemon& daemon, Listeners& listeners) {
  daemon.on_published({});
  daemon.on_reloaded({});
  stop_webhook(listeners);
  if (listeners.status) listeners.status->stop();
}

int not_started(const Daemon& daemon, const Error& error) {
  Log(Level::error, "not_started").with("error", error.what);
  if (daemon.is_deposed()) return exit_deposed;
  return error.kind == ErrorKind::malformed ? exit_configuration : exit_failed;
}

int lead(Daemon& daemon, Listeners& listeners) {
  if (const Status started = daemon.start(); !started) return not_started(daemon, started.error());
  return daemon.serve([&] { stop_webhook(listeners); });
}

int follow_and_lead(Daemon& daemon, Listeners& listeners) {
  if (!daemon.follow()) return exit_good;
  if (const Status prepared = daemon.prepare(); !prepared) return not_started(daemon, prepared.error());
  return lead(daemon, listeners);
}

int run_daemon(const RunRequest& request) {
  if (!request.log_level.empty()) KEEPER_CHECK(set_log_level(request.log_level));
  if (!request.log_format.empty()) KEEPER_CHECK(set_log_format(request.log_format));
  Signals signals;
  int code = exit_good;
  const std::unique_ptr<Daemon> daemon = Daemon::open(request.config, signals, &code);
  if (!daemon) return code;
  const bool waits = daemon->follows();
  if (const Status prepared = waits ? Done{} : daemon->prepare(); !prepared)
    return not_started(*daemon, prepared.error());
  // Nothing is started at a provider by a daemon that cannot be asked and hears nothing.
  Result<Listeners> listeners = start_listeners(*daemon);
  if (!listeners) return not_started(*daemon, listeners.error());
  code = waits ? follow_and_lead(*daemon, *listeners) : lead(*daemon, *listeners);
  stop_listeners(*daemon, *listeners);
  // A call that hangs at a provider is nothing to wait for: its session is taken up again at the next start.
  if (daemon->end()) return code;
  flush_log(log_grace);
  std::_Exit(code);
}

int run_guarded(const RunRequest& request) {
  set_before_abort([] { flush_log(log_grace); });
  int code = exit_failed;
  try {
    code = run_daemon(request);
  } catch (const std::exception& failure) {
    Log(Level::error, "failed").with("error", failure.what());
  }
  flush_log(log_grace);
  return code;
}

// The first files that are opened would take the place of descriptors that are closed, and what is meant for
// the log would be written into them. What is put there cannot be written, so that a command notices.
void open_standard_descriptors() {
  for (int file = STDIN_FILENO; file <= STDERR_FILENO; ++file) {
    if (::fcntl(file, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDONLY));
  }
}

int columns_of(int file) {
  winsize size{};
  if (::isatty(file) == 0) return 80;
  return ::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace
}  // namespace keeper

int main(int argc, char** argv) {
  keeper::open_standard_descriptors();
  // A file over the process's limit of size is then a write that fails, as with a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  const char* no_colour = std::getenv("NO_COLOR");
  const bool colour = ::isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
  const keeper::Terminal terminal{std::cout, std::cerr,           keeper::columns_of(STDOUT_FILENO),
                                  colour,    keeper::run_guarded, ::isatty(STDOUT_FILENO) != 0};
  return keeper::run_command_line(argc, argv, terminal);
}
