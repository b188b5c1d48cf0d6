// The loop while the store cannot be written: nothing that needs a row leaves the process, heartbeats go on.
#include <iterator>
#include <utility>

#include "base/check.h"
#include "runtime/ledger_check.h"
#include "runtime/log.h"
#include "runtime/loop.h"

namespace keeper {
namespace {

constexpr Millis retry_every = Seconds{1};

void answer(Item& item, std::optional<Ack> ack) {
  if (const Receipt receipt = std::exchange(item.receipt, nullptr)) receipt(ack);
}

bool is_delivery(const Item& item) { return std::holds_alternative<Delivered>(item.event); }

// Its sender is told at once that it came to nothing; answers and a shutdown wait instead.
bool is_refused(const Item& item) {
  return is_delivery(item) || std::holds_alternative<ConfigLoaded>(item.event) ||
         std::holds_alternative<OperatorAsked>(item.event);
}

// What it shows is compared with rows of the store.
bool needs_store(const Item& item) {
  const auto* answer = std::get_if<Answer>(&item.event);
  return answer != nullptr && shows_remotes(*answer);
}

void refuse(std::vector<Item>& items) {
  for (Item& item : items) {
    if (is_refused(item)) answer(item, std::nullopt);
  }
  std::erase_if(items, is_refused);
}

}  // namespace

void Loop::set_storage_error(const std::string& text) {
  published_.with([&](Published& published) { published.storage_error = text; });
  changed_ = true;
}

// Nothing of the round has left the process, so the keeper goes back to its last committed rows.
void Loop::begin_outage(Round round, const Error& error, Now now) {
  Log(Level::error, "store_failed").with("error", error.what);
  set_storage_error(error.what);
  inbox_.accept_deliveries(false);
  for (auto decision = round.decisions.rbegin(); decision != round.decisions.rend(); ++decision) {
    keeper_.revert(*decision);
  }
  for (Item& item : round.items) {
    if (is_delivery(item)) answer(item, std::nullopt);
  }
  outage_.emplace();
  outage_->retry_at = now.mono + retry_every;
  for (const Decision& decision : round.decisions) {
    for (const auto& change : decision.sessions) outage_->touched.insert(change.key);
  }
  outage_->failed = std::move(round);
  find_out();
}

// A commit that failed may be on disk all the same; the reopened store says which of the two it is.
void Loop::find_out() {
  const Status opened = store_.needs_reopen() ? store_.reopen() : Status(Done{});
  const Result<Ledger> ledger = opened.ok() ? store_.load() : Result<Ledger>(opened.error());
  if (!ledger) {
    set_storage_error(ledger.error().what);
    return;
  }
  outage_->known = true;
  outage_->touched.clear();
  Round failed = std::exchange(outage_->failed, {});
  const std::string without = difference(keeper_.world(), *ledger);
  if (without.empty()) {
    refuse(failed.items);
    outage_->waiting.insert(outage_->waiting.begin(), std::make_move_iterator(failed.items.begin()),
                            std::make_move_iterator(failed.items.end()));
    return;
  }
  for (const Decision& decision : failed.decisions) keeper_.install(decision);
  const std::string with = difference(keeper_.world(), *ledger);
  if (!with.empty()) {
    fatal_ = "after a failed write the store holds neither the state before it (" + without +
             ") nor the one after it (" + with + "); the process ends and recovers from the store";
    return;
  }
  published_.with([&](Published& published) { published.last_seq = ledger->last_seq; });
  let_out(failed);
}

// What changes no row may be installed and let out without a commit; the rest waits. Before it is known what became of
// the failed round, that goes only for sessions that it did not touch: it may be installed after all.
void Loop::decide_rowless(Item item, Now now, Round& round) {
  if (is_refused(item)) {
    answer(item, std::nullopt);
    return;
  }
  std::optional<Decision> decision;
  if (!needs_store(item)) decision = keeper_.decide(item.event, now);
  if (!decision || !is_rowless(*decision, outage_->known ? nullptr : &outage_->touched)) {
    outage_->waiting.push_back(std::move(item));
    return;
  }
  keeper_.install(*decision);
  keeper_.check(*decision, now);
  round.decisions.push_back(*std::move(decision));
}

void Loop::work_in_outage(Now now) {
  Round round;
  for (Item& item : inbox_.take(inbox_.size())) decide_rowless(std::move(item), now, round);
  Decision decision = rowless_part(keeper_.decide(Tick{}, now), outage_->touched);
  keeper_.install(decision);
  keeper_.check(decision, now);
  round.decisions.push_back(std::move(decision));
  changed_ = true;
  let_out(round);
  if (now.mono < outage_->retry_at) return;
  outage_->retry_at = now.mono + retry_every;
  if (!outage_->known) find_out();
  if (outage_->known && fatal_.empty() && can_write()) end_outage();
}

// SQLite leaves a row alone that is written with what it holds, so this is a write of its own.
bool Loop::can_write() {
  Status written = store_.needs_reopen() ? store_.reopen() : Status(Done{});
  if (written.ok()) written = store_.probe();
  if (!written) set_storage_error(written.error().what);
  return written.ok();
}

void Loop::end_outage() {
  Log(Level::info, "store_works_again");
  set_storage_error({});
  inbox_.put_back(std::move(outage_->waiting));
  inbox_.accept_deliveries(true);
  outage_.reset();
}

}  // namespace keeper
