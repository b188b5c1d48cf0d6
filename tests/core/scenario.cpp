#include "core/scenario.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "config/config.h"
#include "provider/provider_table.h"
#include "provider/refusal.h"

namespace keeper::scenario {
namespace {

using Words = std::vector<std::string>;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

Words words_of(const std::string& line) {
  std::istringstream text(line);
  Words words;
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

const std::string& word(const Words& words, std::size_t at) {
  if (at >= words.size()) fail("'" + words.at(0) + "' is too short");
  return words[at];
}

Millis duration(const std::string& text) {
  const auto length = parse_duration(text);
  if (!length) fail("'" + text + "' is no duration");
  return *length;
}

// What stands after `key` and '='.
std::optional<std::string> option(const Words& words, const std::string& key) {
  for (const std::string& one : words) {
    if (one.starts_with(key + "=")) return one.substr(key.size() + 1);
  }
  return std::nullopt;
}

bool has(const Words& words, const std::string& text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_name(const std::string& text, char letter) {
  return text.size() > 1 && text[0] == letter && text.find_first_not_of("0123456789", 1) == std::string::npos;
}

std::optional<std::string> named(const Words& words, char letter) {
  const auto found =
      std::find_if(words.begin() + 1, words.end(), [&](const auto& one) { return is_name(one, letter); });
  if (found == words.end()) return std::nullopt;
  return *found;
}

EffectKind kind_of(const std::string& text) {
  for (const EffectKind kind : {EffectKind::start, EffectKind::find, EffectKind::observe,
                                EffectKind::keep_alive, EffectKind::stop, EffectKind::list}) {
    if (to_string(kind) == text) return kind;
  }
  fail("'" + text + "' is no call");
}

State end_state(const std::string& text) {
  const auto state = parse_state(text);
  if (!state || !is_terminal(*state)) fail("'" + text + "' is no way to end");
  return *state;
}

Purpose purpose_of(EffectKind kind) {
  if (kind == EffectKind::start) return Purpose::start;
  return kind == EffectKind::stop || kind == EffectKind::keep_alive ? Purpose::change : Purpose::read;
}

// What went wrong with a call, by a word or an HTTP status; as the daemon judges it.
std::optional<Error> error_of(const Words& words, EffectKind kind, Wall now) {
  if (has(words, "lost")) return Error{ErrorKind::maybe_applied, "no answer within 30s"};
  if (has(words, "unreachable")) return Error{ErrorKind::not_applied, "connection refused"};
  if (has(words, "no-route")) return Error{ErrorKind::cut_off, "no route to the host"};
  for (const std::string& one : words) {
    if (one.size() != 3 || one.find_first_not_of("0123456789") != std::string::npos) continue;
    HttpResponse response;
    response.status = std::stoi(one);
    const auto wait = option(words, "retry");
    if (wait) response.headers.emplace_back("retry-after", std::to_string(duration(*wait).count() / 1000));
    Error error = refusal(response, purpose_of(kind), now);
    error.what = "the provider answers " + one + (wait ? " and asks to wait " + *wait : "");
    return error;
  }
  return std::nullopt;
}

// The providers of config/session-keeper.yaml, as far as a scenario's plans name them.
std::string providers_of(const std::string& text) {
  if (text.find("providers:") != std::string::npos) return {};
  std::string all = "providers:\n";
  const auto add = [&](const std::string& name, const std::string& rest) {
    if (text.find("provider: " + name) != std::string::npos) all += "  " + name + ": {" + rest + "}\n";
  };
  add("agents", "type: videosdk, api_key: \"${KEY}\", secret: \"${KEY}\"");
  add("browsers", "type: notte, api_key: \"${KEY}\"");
  add("community", "type: sonoran_cms, api_key: \"${KEY}\"");
  return all;
}

}  // namespace

Scenario::Scenario() {
  now_ = {Wall{std::chrono::sys_days{std::chrono::November / 16 / 2026}.time_since_epoch()},
          Mono{std::chrono::hours{100}}};
}

std::shared_ptr<const Config> Scenario::load(const std::vector<std::string>& input) {
  std::string text;
  for (const std::string& line : input) text += line + "\n";
  const kit::TempDirectory directory;
  const std::string path = directory.file("scenario.yaml");
  std::ofstream(path) << "store: {path: /var/lib/session-keeper/keeper.db}\n" << providers_of(text) << text;
  LoadOptions options;
  options.variable = [](const std::string&) { return "0123456789abcdef0123456789abcdef"; };
  options.now = now_.wall;
  const LoadOutcome outcome = load_settings(path, provider_kinds(), options);
  if (outcome.settings) return outcome.settings->config;
  fail("the configuration is refused: " + to_line(outcome.problems.front()));
}

std::string Scenario::react(const Step& step) {
  const Words words = words_of(step.command);
  const std::string& name = words.front();
  if (name == "boot")
    boot(words, step.input);
  else if (name == "reload")
    reload(step.input);
  else if (name == "wait" || name == "live")
    pass(words);
  else if (name == "clock")
    clock(words);
  else if (name == "crash")
    crash(words);
  else if (name == "disk")
    disk(words);
  else if (name == "answer")
    answer(words);
  else if (name == "remote")
    remote(words);
  else if (name == "delivery")
    deliver(words);
  else if (name == "order")
    order(words);
  else if (name == "show")
    show(words);
  else if (name == "shutdown")
    process_.take(ShutdownAsked{});
  else if (name == "exit")
    process_.exit();
  else
    fail("'" + name + "' is no command");
  if (process_.lives() && name != "show") {
    const Mono next = process_.next_turn();
    journal_.remark("next", next == mono_never ? "when something comes in" : journal_.time(next));
  }
  return journal_.take();
}

// The first process says what time of day it is; each later one finds the time that has come.
void Scenario::boot(const Words& words, const std::vector<std::string>& input) {
  if (const auto at = option(words, "at")) {
    const auto wall = parse_time(*at);
    if (!wall || config_) fail("'at' is a time, and is told once");
    now_.wall = *wall;
  }
  if (!config_) {
    journal_.begin();
    remotes_.set_offset(now_.wall.time_since_epoch() - now_.mono.time_since_epoch());
  }
  if (!input.empty()) config_ = load(input);
  if (!config_) fail("the first process needs a configuration");
  process_.start(config_);
}

void Scenario::reload(const std::vector<std::string>& input) {
  config_ = load(input);
  process_.take(ConfigLoaded{config_, 0});
}

// A time, or "until" and a kind of call.
void Scenario::pass(const Words& words) {
  const bool until = word(words, 1) == "until";
  const Millis time = until ? std::chrono::days{2} : duration(words[1]);
  const auto kind = until ? std::optional(kind_of(word(words, 2))) : std::nullopt;
  if (words.front() == "live")
    process_.live(time, kind);
  else
    process_.pass(time, kind);
}

void Scenario::clock(const Words& words) {
  const std::string& step = word(words, 1);
  if (step.size() < 2 || (step[0] != '+' && step[0] != '-')) fail("a step of the clock is +1h or -1h");
  const Millis by = duration(step.substr(1));
  now_.wall += step[0] == '+' ? by : -by;
  process_.settle();
}

void Scenario::crash(const Words& words) {
  const std::string& when = word(words, 1);
  if (when == "now")
    process_.kill("killed");
  else if (when == "before-commit")
    process_.crash_at(Crash::before_commit);
  else if (when == "after-commit")
    process_.crash_at(Crash::after_commit);
  else if (when == "in-dispatch")
    process_.crash_at(Crash::in_dispatch);
  else
    fail("'" + when + "' is no moment to crash at");
}

void Scenario::disk(const Words& words) {
  const std::string& how = word(words, 1);
  if (how == "works")
    process_.heal_disk();
  else if (how == "hangs")
    process_.hang_disk(duration(word(words, 2)));
  else if (how == "fails")
    process_.fail_disk(words.size() > 2 ? std::optional(duration(words[2])) : std::nullopt);
  else
    fail("a disk fails, hangs or works");
}

void Scenario::answer(const Words& words) {
  const EffectKind kind = kind_of(word(words, 1));
  const auto session = named(words, 's');
  const auto call =
      process_.take_call(kind, session ? std::optional(journal_.session(*session)) : std::nullopt);
  const auto made = named(words, 'r');
  if (kind == EffectKind::start && made) {
    const auto progress = std::find_if(words.begin(), words.end(),
                                       [](const auto& one) { return parse_progress(one).has_value(); });
    const Progress reached = progress == words.end() ? Progress::started : *parse_progress(*progress);
    remotes_.start(call.effect, *made, reached, process_.config(), call.sent);
    if (const auto maximum = option(words, "max")) remotes_.limit(*made, duration(*maximum));
  }
  if (const auto error = error_of(words, kind, remotes_.provider_time(now_.mono))) {
    process_.answer(call, *error);
    return;
  }
  if (kind == EffectKind::start && !made) fail("a start that worked names its remote: answer start r1");
  Effect effect = call.effect;
  if (kind == EffectKind::start) {
    effect.kind = EffectKind::observe;
    effect.remote = RemoteId{*made};
  }
  process_.answer(call, remotes_.carry_out(effect, now_.mono));
}

void Scenario::remote(const Words& words) {
  const std::string& id = word(words, 1);
  const std::string& what = word(words, 2);
  if (what == "ends") {
    remotes_.end(id, end_state(word(words, 3)));
  } else if (what == "becomes") {
    const auto progress = parse_progress(word(words, 3));
    if (!progress) fail("'" + words[3] + "' is no progress");
    remotes_.become(id, *progress);
  } else if (what == "vanishes") {
    remotes_.vanish(id);
  } else if (what == "appears") {
    const Millis age = duration(option(words, "age").value_or("0s"));
    LiveRemote& made =
        remotes_.appear(ProviderName{option(words, "at").value_or("browsers")}, id, now_.mono - age);
    if (const auto tag = option(words, "tag")) made.told.tag = journal_.session(*tag);
  } else {
    fail("a remote ends, becomes, vanishes or appears");
  }
}

void Scenario::deliver(const Words& words) {
  const std::string& what = word(words, 1);
  Delivered delivered;
  DeliveryRow& row = delivered.row;
  row.provider = ProviderName{"agents"};
  row.type = "agent-session-" + what;
  row.remote_id = RemoteId{word(words, 2)};
  row.failed = what == "failed";
  const auto progress = parse_progress(what);
  if (progress)
    row.progress = *progress;
  else if (what == "stopped" || what == "failed")
    row.progress = Progress::ended;
  else
    delivered.followed = false;
  row.key = delivery_key(row.type, row.remote_id);
  row.digest = "digest of " + row.key;
  row.body = "{}";
  process_.deliver(std::move(delivered));
}

void Scenario::order(const Words& words) {
  const std::string& what = word(words, 1);
  OperatorAsked asked;
  if (what == "stop-all")
    asked.order = Order::stop_all;
  else if (what == "stop-session")
    asked.order = Order::stop_session;
  else if (what == "start")
    asked.order = Order::start;
  else if (what == "stop")
    asked.order = Order::stop_plan;
  else if (what == "pause")
    asked.order = Order::pause;
  else if (what == "resume")
    asked.order = Order::resume;
  else
    fail("'" + what + "' is no order");
  if (asked.order == Order::stop_session)
    asked.session = journal_.session(word(words, 2));
  else if (asked.order != Order::stop_all)
    asked.plan = PlanName{word(words, 2)};
  asked.cancel = has(words, "cancel");
  if (const auto length = option(words, "for")) asked.until = now_.wall + duration(*length);
  asked.reason = option(words, "reason").value_or("");
  process_.take(std::move(asked));
}

void carry_out(File& file) {
  for (Step& step : file.steps) step.reaction.clear();
  Scenario scenario;
  for (Step& step : file.steps) {
    try {
      step.reaction = scenario.react(step);
    } catch (const std::runtime_error& error) {
      fail("line " + std::to_string(step.line) + ", '" + step.command + "': " + error.what());
    }
  }
}

}  // namespace keeper::scenario
