#include "core/scenario_process.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace keeper::scenario {
namespace {

constexpr std::size_t deliveries_max = 64;
constexpr int turns_max = 1000;

// The process is killed here.
struct Killed {
  std::string how;
};

// What a provider is answered with 503, and an operator with an error.
constexpr const char* not_taken = "not taken: it must come again";

std::string text_of(Ack ack) {
  switch (ack) {
    case Ack::recorded:
      return "recorded";
    case Ack::duplicate:
      return "duplicate";
    case Ack::held:
      return "held";
    case Ack::ignored:
      return "ignored";
    case Ack::loaded:
      return "loaded";
    case Ack::accepted:
      return "accepted";
    case Ack::unknown:
      return "unknown";
    case Ack::refused:
      return "refused";
  }
  throw std::logic_error("an unknown acknowledgement");
}

constexpr Millis commit_patience = Seconds{2};  // the default of store.commit_patience

bool only_watches(EffectKind kind) {
  return kind == EffectKind::observe || kind == EffectKind::keep_alive || kind == EffectKind::list ||
         kind == EffectKind::find;
}

}  // namespace

bool HangingStore::run(StoreWork work) {
  if (now_.mono < until_) {
    const Millis waited = std::min<Millis>(until_ - now_.mono, commit_patience);
    now_.mono += waited;
    now_.wall += waited;
    if (now_.mono < until_) {
      work_ = std::move(work);
      return false;
    }
  }
  work(store_);
  return true;
}

bool HangingStore::idle() {
  if (work_ && now_.mono >= until_) std::exchange(work_, nullptr)(store_);
  return work_ == nullptr;
}

Process::Process(Journal& journal, Remotes& remotes, Now& now)
    : journal_(journal), remotes_(remotes), now_(now), disk_(std::make_unique<kit::FaultyDisk>()) {
  // Ids of sessions, and with them every spread of a time, are derived from the store's instance.
  const std::string path = directory_.file("keeper.db");
  kit::open_store(path).reset();
  kit::run_sql(path, "UPDATE meta SET instance = '00000000000000000000000000000001'");
}

void Process::start(std::shared_ptr<const Config> config) {
  if (lives()) throw std::runtime_error("the process lives already");
  config_ = std::move(config);
  store_ = kit::open_store(directory_.file("keeper.db"));
  access_ = std::make_unique<HangingStore>(*store_, now_, hangs_until_);
  inbox_ = std::make_unique<Inbox>(deliveries_max);
  rounds_ = std::make_unique<Rounds>(kit::must_load(*store_), now_, *inbox_, *access_, ports());
  may_leave_ = false;
  store_works_ = true;
  inbox_->post(ConfigLoaded{config_, 0});
  settle();
}

void Process::kill(const std::string& how) {
  rounds_.reset();
  inbox_.reset();
  access_.reset();
  store_.reset();
  calls_.clear();
  crash_.reset();
  journal_.line("end", how);
}

void Process::exit() {
  if (!may_leave_) throw std::runtime_error("the process may not end yet");
  kill("the process has ended");
}

RoundPorts Process::ports() {
  RoundPorts ports;
  ports.commit = [this](Store& store, const Batch& batch) { return commit(store, batch); };
  ports.dispatch = [this](const std::vector<Effect>& effects) { dispatch(effects); };
  ports.noticed = [this](const Notice& notice) {
    journal_.line("tell", std::string(event_word(notice.topic, notice.phase)) + ": " + notice.text);
  };
  ports.store_error = [this](const std::string& what) {
    if (what.empty() != store_works_) {
      store_works_ = what.empty();
      journal_.line("store", store_works_ ? "works again" : without_directory(what));
    }
  };
  return ports;
}

Result<std::int64_t> Process::commit(Store& store, const Batch& batch) {
  if (crash_ == Crash::before_commit) throw Killed{"killed before the commit"};
  const Result<std::int64_t> seq = store.commit(batch);
  if (seq) journal_.written(batch);
  if (crash_ == Crash::after_commit) throw Killed{"killed after the commit"};
  return seq;
}

void Process::dispatch(const std::vector<Effect>& effects) {
  for (const Effect& effect : effects) {
    if (crash_ == Crash::in_dispatch) throw Killed{"killed before '" + journal_.call_text(effect) + "' left"};
    calls_.push_back({effect, now_.mono});
    if (is_quiet(effect.kind)) {
      ++answered_[journal_.call_text(effect)];
    } else {
      journal_.left(effect);
    }
  }
}

std::string Process::without_directory(std::string text) const {
  const std::string directory = directory_.path().string() + "/";
  for (auto at = text.find(directory); at != std::string::npos; at = text.find(directory))
    text.erase(at, directory.size());
  return text;
}

void Process::turn() {
  try {
    rounds_->turn(now_);
  } catch (const Killed& killed) {
    kill(killed.how);
    return;
  }
  if (!rounds_->fatal().empty()) {
    kill("ends: " + without_directory(rounds_->fatal()));
  } else if (!may_leave_ && !rounds_->in_outage() && keeper().ready_to_leave()) {
    may_leave_ = true;
    journal_.line("end", "the process may end: nothing is left to wait for");
  }
}

void Process::settle() {
  for (int turns = 0; lives(); ++turns) {
    if (turns == turns_max) throw std::runtime_error("the rounds do not come to rest");
    turn();
    if (!lives()) return;
    const bool answered = quiet_ && answer_quietly();
    if (!answered && inbox_->size() == 0 && next_turn() > now_.mono) return;
  }
}

// Posts the answers to what only watches; false if there was none.
bool Process::answer_quietly() {
  bool any = false;
  for (auto call = calls_.begin(); call != calls_.end();) {
    if (!is_quiet(call->effect.kind)) {
      ++call;
      continue;
    }
    post_answer(*call, remotes_.carry_out(call->effect, now_.mono));
    call = calls_.erase(call);
    any = true;
  }
  return any;
}

bool Process::is_quiet(EffectKind kind) const { return quiet_ && only_watches(kind) && until_ != kind; }

bool Process::waits(EffectKind kind) const {
  return std::any_of(calls_.begin(), calls_.end(),
                     [&](const Call& call) { return call.effect.kind == kind; });
}

void Process::pass(Millis time, std::optional<EffectKind> until) {
  const Mono end = now_.mono + time;
  while (now_.mono < end && !(until && waits(*until))) {
    Mono next = std::min(end, heals_at_);
    if (lives()) next = std::min(next, next_turn());
    if (hangs_until_ > now_.mono) next = std::min(next, hangs_until_);
    const Millis step = std::max(next - now_.mono, Millis{0});
    now_.mono += step;
    now_.wall += step;
    if (now_.mono >= heals_at_) heal_disk();
    if (lives()) settle();
  }
}

void Process::live(Millis time, std::optional<EffectKind> until) {
  quiet_ = true;
  until_ = until;
  if (lives()) settle();
  pass(time, until);
  quiet_ = false;
  until_.reset();
  std::string counts;
  for (const auto& [call, count] : std::exchange(answered_, {})) {
    counts += (counts.empty() ? "" : ", ") + std::to_string(count) + " x " + call;
  }
  if (!counts.empty()) journal_.remark("answered", counts);
}

void Process::fail_disk(std::optional<Millis> time) {
  constexpr int for_good = 1 << 29;
  disk_->fail_at(disk_->operations(), kit::Fault::io_error, for_good);
  heals_at_ = time ? now_.mono + *time : mono_never;
}

void Process::heal_disk() {
  heals_at_ = mono_never;
  disk_->heal();
}

void Process::take(Event event) {
  if (!lives()) throw std::runtime_error("no process lives");
  const bool waits =
      std::holds_alternative<OperatorAsked>(event) || std::holds_alternative<ConfigLoaded>(event);
  if (const auto* loaded = std::get_if<ConfigLoaded>(&event)) config_ = loaded->config;
  inbox_->post(std::move(event), waits ? receipt() : Receipt{});
  settle();
}

Receipt Process::receipt() {
  return [this](std::optional<Ack> ack) { journal_.line("ack", ack ? text_of(*ack) : not_taken); };
}

void Process::deliver(Delivered delivered) {
  if (!lives()) throw std::runtime_error("no process lives");
  delivered.row.received_at = now_.wall;
  if (!inbox_->offer(std::move(delivered), receipt())) journal_.line("ack", not_taken);
  settle();
}

Process::Call Process::take_call(EffectKind kind, const std::optional<SessionId>& session) {
  const auto waits = std::find_if(calls_.begin(), calls_.end(), [&](const Call& call) {
    return call.effect.kind == kind && (!session || call.effect.session == *session);
  });
  if (waits == calls_.end())
    throw std::runtime_error("no call '" + std::string(to_string(kind)) + "' waits for an answer");
  const Call call = *waits;
  calls_.erase(waits);
  return call;
}

void Process::answer(const Call& call, Result<std::vector<Remote>> remotes) {
  post_answer(call, std::move(remotes));
  settle();
}

void Process::post_answer(const Call& call, Result<std::vector<Remote>> remotes) {
  Answer told;
  told.kind = call.effect.kind;
  told.ticket = call.effect.ticket;
  told.session = call.effect.session;
  told.provider = call.effect.provider;
  told.sent_at = call.sent;
  told.provider_now = std::chrono::floor<Seconds>(remotes_.provider_time(now_.mono));
  told.whole = true;
  told.remotes = std::move(remotes);
  inbox_->post(std::move(told));
}

}  // namespace keeper::scenario
