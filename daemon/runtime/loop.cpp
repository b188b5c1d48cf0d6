#include "runtime/loop.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/occurrences.h"
#include "core/reading.h"
#include "runtime/log.h"

namespace keeper {
namespace {

using Stopwatch = std::chrono::steady_clock;

constexpr Millis publish_every{100};
// Of the time that passes, publishing takes at most one part in this many.
constexpr int publish_share = 10;

}  // namespace

Loop::Loop(StoreAccess& store, const Ledger& ledger, Inbox& inbox, const Clock& clock, Meters& meters,
           LoopPorts ports)
    : inbox_(inbox),
      clock_(clock),
      meters_(meters),
      ports_(std::move(ports)),
      rounds_(ledger, clock.now(), inbox, store, round_ports(ports_)),
      upkeep_(ports_.pruned, ports_.renew_at),
      pulse_ms_(Millis{Seconds{5}}.count()) {
  turned_at_ = clock_.now().mono.time_since_epoch().count();
  published_.with([&](Published& published) { published.last_seq = ledger.last_seq; });
}

RoundPorts Loop::round_ports(const LoopPorts& ports) {
  RoundPorts own = ports;
  own.commit = [this](Store& store, const Batch& batch) {
    const auto begin = Stopwatch::now();
    Result<std::int64_t> seq = store.commit(batch);
    commit_took_ = (Stopwatch::now() - begin).count();
    return seq;
  };
  own.taken = [this](const Event& event, const World& world, Now now) { measure(event, world, now); };
  own.on_disk = [this](const Batch& batch, const Config& config) {
    meters_.committed(batch, config, Stopwatch::duration{commit_took_.load()});
    published_.with([&](Published& published) { published.last_seq = rounds_.last_seq(); });
  };
  own.session_changed = [this, next = ports.session_changed](const Change<SessionId, Tracked>& change) {
    if (change.before && change.after && confirms_heartbeat(*change.before, *change.after))
      meters_.kept_alive(*change.before->idle_at - clock_.now().mono);
    next(change);
  };
  own.rows_refused = [this](const std::string& text) {
    Log(Level::error, "rows_refused").with("error", text);
    published_.with([&](Published& published) { published.refused_rows = text; });
  };
  own.store_error = [this](const std::string& text) { note_store_error(text); };
  return own;
}

void Loop::run() {
  while (!stopping_ && fatal().empty()) {
    inbox_.wait(next_turn());
    turn();
  }
}

void Loop::stop() {
  stopping_ = true;
  inbox_.wake();
}

void Loop::turn() {
  const auto begin = Stopwatch::now();
  const Now now = clock_.now();
  rounds_.end_for(ports_.must_end());
  if (!fatal().empty()) return;
  upkeep_.renew(rounds_, now);
  rounds_.turn(now);
  upkeep_.work(rounds_, now);
  answer_queries(now);
  publish(now);
  if (!may_leave_ && !rounds_.in_outage() && fatal().empty() && keeper().ready_to_leave()) {
    may_leave_ = true;
    ports_.may_leave();
  }
  meters_.turned(Stopwatch::now() - begin);
  turned_at_ = now.mono.time_since_epoch().count();
  ports_.turned();
}

void Loop::answer_queries(Now now) {
  using Rows = std::vector<SpentBy>;
  const SpentIn spent = [&](const Period& period, const Prices& prices) -> Result<Rows> {
    auto found = rounds_.between<Findings>(
        [=](Store& store) { return store.look_up({.periods = {period}, .prices = prices}); }, now);
    if (!found) return Error{ErrorKind::storage, "the store cannot be read now"};
    return std::move(found->spent.front());
  };
  for (const Query& query : inbox_.take_queries()) {
    const bool may_answer = !rounds_.in_outage() && fatal().empty();
    query(may_answer ? &keeper() : nullptr, spent, now);
  }
}

void Loop::measure(const Event& event, const World& world, Now now) {
  if (std::holds_alternative<OperatorAsked>(event)) at_once_ = true;
  const auto* answer = std::get_if<Answer>(&event);
  if (answer == nullptr) return;
  if (const auto late = lateness_of(world, *answer, now)) meters_.start_left(*late);
}

void Loop::note_store_error(const std::string& text) {
  const std::string before =
      published_.with([&](Published& published) { return std::exchange(published.storage_error, text); });
  if (before.empty() && !text.empty()) Log(Level::error, "store_failed").with("error", text);
  if (!before.empty() && text.empty()) Log(Level::info, "store_works_again");
}

void Loop::publish(Now now) {
  unpublished_ = rounds_.take_changed() || unpublished_;
  if (std::exchange(at_once_, false)) publish_at_ = now.mono;
  if (!unpublished_ || now.mono < publish_at_) return;
  const auto begin = Stopwatch::now();
  const auto view = std::make_shared<const View>(keeper().view(now));
  const auto cost = std::chrono::ceil<Millis>(Stopwatch::now() - begin);
  unpublished_ = false;
  publish_at_ = now.mono + std::max(publish_every, cost * publish_share);
  published_.with([&](Published& published) {
    published.view = view;
    published.last_seq = rounds_.last_seq();
    published.store_bytes = upkeep_.store_bytes();
  });
  ports_.published(published());
}

Published Loop::published() {
  return published_.with([](const Published& published) { return published; });
}

Mono Loop::next_turn() const {
  const Now now = clock_.now();
  Mono next = std::min(now.mono + Millis{pulse_ms_.load()}, rounds_.next_turn(now));
  if (!rounds_.in_outage()) next = std::min(next, ports_.renew_at());
  if (unpublished_) next = std::min(next, publish_at_);
  return next;
}

}  // namespace keeper
