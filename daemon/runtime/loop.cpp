#include "runtime/loop.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/check.h"
#include "core/occurrences.h"

namespace keeper {
namespace {

constexpr std::size_t items_max = 1024;
// Each tick brings what is due a step on; more rounds than this means that something stays due for ever.
constexpr int ticks_max = 64;
constexpr Millis publish_every{100};
// Of the time that passes, publishing takes at most one part in this many.
constexpr int publish_share = 10;
constexpr Millis maintain_every = std::chrono::minutes{1};
constexpr int pruned_max = 50;  // 10 to 30 ms at ten million transitions
constexpr int pruned_for_size = 20;  // between two looks at the size
constexpr int size_steps_max = 3;

// Takes the deliveries, which are large and which nobody asks the decisions for afterwards.
Batch batch_of(std::vector<Decision>& decisions) {
  Batch batch;
  for (Decision& decision : decisions) {
    auto& deliveries = decision.batch.deliveries;
    batch.deliveries.insert(batch.deliveries.end(), std::move_iterator(deliveries.begin()), std::move_iterator(deliveries.end()));
    deliveries.clear();
    append(batch, decision.batch);
  }
  return batch;
}

}  // namespace

Loop::Loop(Store& store, const Ledger& ledger, Inbox& inbox, const Clock& clock, Meters& meters, LoopPorts ports)
    : store_(store),
      keeper_(ledger, clock.now()),
      inbox_(inbox),
      clock_(clock),
      meters_(meters),
      ports_(std::move(ports)),
      pulse_ms_(Millis{Seconds{5}}.count()) {
  turned_at_ = clock_.now().mono.time_since_epoch().count();
  published_.with([&](Published& published) { published.last_seq = ledger.last_seq; });
}

void Loop::run() {
  while (!stopping_ && fatal_.empty()) {
    inbox_.wait(next_turn());
    turn();
  }
}

void Loop::stop() {
  stopping_ = true;
  inbox_.wake();
}

void Loop::turn() {
  const auto begin = std::chrono::steady_clock::now();
  const Now now = clock_.now();
  if (outage_) {
    work_in_outage(now);
  } else {
    work(now);
  }
  publish(now);
  if (!may_leave_ && !outage_ && fatal_.empty() && keeper_.ready_to_leave()) {
    may_leave_ = true;
    ports_.may_leave();
  }
  meters_.turned(std::chrono::steady_clock::now() - begin);
  turned_at_ = now.mono.time_since_epoch().count();
  ports_.turned();
}

// Decide, install, commit; only then acknowledge and dispatch.
void Loop::work(Now now) {
  Round round;
  round.items = inbox_.take(items_max);
  if (const Status decided = decide_round(round, now); !decided) {
    begin_outage(std::move(round), decided.error(), now);
    return;
  }
  const Batch batch = batch_of(round.decisions);
  if (!batch.empty()) {
    const auto begin = std::chrono::steady_clock::now();
    const Result<std::int64_t> seq = store_.commit(batch);
    if (!seq) {
      begin_outage(std::move(round), seq.error(), now);
      return;
    }
    meters_.committed(batch, *keeper_.world().config, std::chrono::steady_clock::now() - begin);
    published_.with([&](Published& published) { published.last_seq = std::max(published.last_seq, *seq); });
  }
  let_out(round);
  maintain(now);
}

// What ended sessions took is read before anything is decided, so that it fits the sessions in the memory.
Status Loop::count_budgets(Round& round, Now now) {
  for (const Period& period : keeper_.uncounted(now)) {
    Result<std::vector<SpentBy>> spent = store_.spent(period, minimums_of(*keeper_.world().config));
    if (!spent) return spent.error();
    decide(PeriodCounted{period, *std::move(spent)}, now, round);
  }
  return Done{};
}

Status Loop::decide_round(Round& round, Now now) {
  if (Status counted = count_budgets(round, now); !counted) return counted;
  round.decisions.reserve(round.items.size() + 1);
  const bool many = round.items.size() > 1;
  const auto lookups = many ? std::make_unique<Store::Lookups>(store_) : nullptr;
  for (std::size_t i = 0; i < round.items.size(); ++i) {
    Event& event = round.items[i].event;
    const Waiter waiter = round.items[i].receipt ? i + 1 : 0;
    if (auto* delivered = std::get_if<Delivered>(&event)) {
      delivered->waiter = waiter;
      if (Status prepared = prepare(*delivered, round); !prepared) return prepared;
      install(keeper_.decide(std::move(*delivered), now), now, round);
      continue;
    }
    if (auto* answer = std::get_if<Answer>(&event)) {
      measure(*answer, now);
      if (Status prepared = prepare(*answer, round); !prepared) return prepared;
    }
    if (auto* loaded = std::get_if<ConfigLoaded>(&event)) loaded->waiter = waiter;
    if (auto* asked = std::get_if<OperatorAsked>(&event)) {
      asked->waiter = waiter;
      publish_at_ = now.mono;  // who gave the order looks at once
    }
    decide(event, now, round);
  }
  for (int tick = 0; keeper_.next_wakeup(now) <= now.mono; ++tick) {
    KEEPER_CHECK(tick < ticks_max);
    decide(Tick{}, now, round);
  }
  return Done{};
}

void Loop::measure(const Answer& answer, Now now) {
  const World& world = keeper_.world();
  if (const auto late = lateness_of(world, answer, now)) meters_.start_left(*late);
  if (answer.kind != EffectKind::keep_alive || !answer.remotes) return;
  const auto session = world.sessions.find(answer.session);
  if (session != world.sessions.end() && session->second.idle_at) meters_.kept_alive(*session->second.idle_at - now.mono);
}

// What the core cannot know: whether the delivery was seen before, and whose remote it names.
Status Loop::prepare(Delivered& delivered, Round& round) {
  const DeliveryRow& row = delivered.row;
  Result<Seen> seen = store_.seen(row.provider, row.key, row.remote_id);
  if (!seen) return seen.error();
  const bool in_round = !round.keys.insert({row.provider, row.key}).second;
  delivered.seen = seen->delivery || in_round;
  const World& world = keeper_.world();
  const auto live = world.by_remote.find({row.provider, row.remote_id});
  delivered.session = live != world.by_remote.end() ? live->second : std::move(seen->session);
  return Done{};
}

Status Loop::prepare(Answer& answer, const Round& round) {
  if (!answer.remotes.ok()) return Done{};
  if (Status held = find_held(answer, round); !held) return held;
  return shows_remotes(answer) ? find_known(answer) : Status(Done{});
}

// Recorded before this round, or in it.
Status Loop::find_held(Answer& answer, const Round& round) {
  for (const Remote& remote : *answer.remotes) {
    for (const std::int64_t id : keeper_.world().held.of({answer.provider, remote.id})) {
      if (const DeliveryRow* row = recorded_by(round.decisions, id)) {
        answer.held.push_back(*row);
        continue;
      }
      Result<std::optional<DeliveryRow>> row = store_.delivery(id);
      if (!row) return row.error();
      if (*row) answer.held.push_back(**std::move(row));
    }
  }
  return Done{};
}

// For each remote that is shown and that the keeper does not track: the row that had it, or the one whose tag it carries.
Status Loop::find_known(Answer& answer) {
  const World& world = keeper_.world();
  answer.known.assign(answer.remotes->size(), std::nullopt);
  for (std::size_t i = 0; i < answer.known.size(); ++i) {
    const Remote& remote = (*answer.remotes)[i];
    if (world.by_remote.contains({answer.provider, remote.id})) continue;
    const Result<std::optional<SessionId>> past = store_.session_of(answer.provider, remote.id);
    if (!past) return past.error();
    const std::optional<SessionId>& id = *past ? *past : remote.tag;
    if (!id) continue;
    Result<std::optional<SessionRow>> row = store_.session(*id);
    if (!row) return row.error();
    answer.known[i] = *std::move(row);
  }
  return Done{};
}

void Loop::decide(const Event& event, Now now, Round& round) { install(keeper_.decide(event, now), now, round); }

void Loop::install(Decision decision, Now now, Round& round) {
  keeper_.install(decision);
  keeper_.check(decision, now);
  round.decisions.push_back(std::move(decision));
  changed_ = true;
}

// The round is on disk, or needed nothing there.
void Loop::let_out(Round& round) {
  std::vector<Effect> effects;
  std::vector<Post> posts;
  for (Decision& decision : round.decisions) {
    for (const Acknowledgement& one : decision.acks) {
      const Receipt receipt = std::exchange(round.items.at(one.waiter - 1).receipt, nullptr);
      if (receipt) receipt(one.ack);
    }
    std::move(decision.effects.begin(), decision.effects.end(), std::back_inserter(effects));
    posts.insert(posts.end(), decision.posts.begin(), decision.posts.end());
    for (const TransitionRow& row : decision.batch.transitions) ports_.committed(row);
    for (const Notice& notice : decision.notices) ports_.noticed(notice);
    for (const auto& change : decision.providers) ports_.provider_changed(change);
    for (const auto& change : decision.sessions) ports_.session_changed(change);
  }
  for (const Item& item : round.items) KEEPER_CHECK(!item.receipt);
  if (!effects.empty()) ports_.dispatch(std::move(effects));
  if (!posts.empty()) ports_.post(posts);
}

// A few at a time, so that the loop turns on. True: there is more to remove.
Result<bool> Loop::prune(Now now) {
  const Retention retention = retention_.with([](const Retention& kept) { return kept; });
  const Result<Pruned> old = store_.prune(now.wall - retention.age, pruned_max);
  if (!old) return old.error();
  Result<std::int64_t> bytes = store_.used_bytes();
  if (!bytes) return bytes.error();
  Pruned all = *old;
  for (int step = 0; step < size_steps_max && retention.bytes_max && *bytes > *retention.bytes_max; ++step) {
    const Result<Pruned> oldest = store_.prune(now.wall - retention.kept_always, pruned_for_size);
    if (!oldest) return oldest.error();
    bytes = store_.used_bytes();
    if (!bytes) return bytes.error();
    all = {all.sessions + oldest->sessions, all.more || oldest->more};
    if (!oldest->more) break;
  }
  published_.with([&](Published& published) { published.store_bytes = *bytes; });
  if (all.sessions > 0) ports_.pruned(all.sessions);
  return all.more;
}

void Loop::maintain(Now now) {
  Status done = store_.checkpoint_due() ? store_.checkpoint() : Status(Done{});
  if (done.ok() && now.mono >= maintain_at_) {
    const Result<bool> more = prune(now);
    maintain_at_ = now.mono + (more && *more ? Millis{Seconds{1}} : maintain_every);
    if (!more) done = more.error();
  }
  if (!done) begin_outage({}, done.error(), now);
}

void Loop::publish(Now now) {
  if (!changed_ || now.mono < publish_at_) return;
  const auto begin = std::chrono::steady_clock::now();
  const auto view = std::make_shared<const View>(keeper_.view(now));
  const auto cost = std::chrono::ceil<Millis>(std::chrono::steady_clock::now() - begin);
  changed_ = false;
  publish_at_ = now.mono + std::max(publish_every, cost * publish_share);
  published_.with([&](Published& published) { published.view = view; });
  ports_.published(published());
}

Published Loop::published() {
  return published_.with([](const Published& published) { return published; });
}

Mono Loop::next_turn() const {
  const Now now = clock_.now();
  Mono next = now.mono + Millis{pulse_ms_.load()};
  next = std::min(next, outage_ ? outage_->retry_at : keeper_.next_wakeup(now));
  if (!outage_ && !keeper_.uncounted(now).empty()) next = now.mono;
  if (changed_) next = std::min(next, publish_at_);
  return next;
}

}  // namespace keeper
