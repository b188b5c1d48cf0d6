// The rounds while the store cannot be used: nothing that needs a row leaves the process, heartbeats go on.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/planted.h"
#include "runtime/rounds.h"
#include "runtime/rowless.h"

namespace keeper {
namespace {

constexpr Millis retry_every = Seconds{1};

void answer(Item& item, std::optional<Ack> ack) {
  if (const Receipt receipt = std::exchange(item.receipt, nullptr)) receipt(ack);
}

bool carries_delivery(const Item& item) { return std::holds_alternative<Delivered>(item.event); }

// Its sender is told at once that it came to nothing; answers and a shutdown wait instead.
bool is_refused(const Item& item) {
  return carries_delivery(item) || std::holds_alternative<ConfigLoaded>(item.event) ||
         std::holds_alternative<OperatorAsked>(item.event);
}

// What it shows is compared with rows of the store, or whoever posted it waits until it is on disk.
bool needs_store(const Item& item) {
  const auto* answer = std::get_if<Answer>(&item.event);
  return item.receipt || (answer != nullptr && shows_remotes(*answer));
}

void refuse(std::vector<Item>& items) {
  for (Item& item : items) {
    if (is_refused(item)) answer(item, std::nullopt);
  }
  std::erase_if(items, is_refused);
}

void refuse_deliveries(std::vector<Item>& items) {
  for (Item& item : items) {
    if (carries_delivery(item)) answer(item, std::nullopt);
  }
}

// The one item whose rows the store refuses. A call counts as one whose answer was lost; what cannot be told
// otherwise is dropped.
void give_up(std::vector<Item>& items) {
  if (is_refused(items.front())) return;
  auto* called = std::get_if<Answer>(&items.front().event);
  if (called != nullptr && called->remotes) {
    called->remotes = Error{ErrorKind::maybe_applied, "the store cannot keep what the provider answered"};
  } else {
    answer(items.front(), std::nullopt);
    items.clear();
  }
}

// How the history of a session that the store has lost as a whole begins.
TransitionRow made_again(TransitionRow lost) {
  lost.to = State::queued;
  return lost;
}

// Of what seems to be lost, what the store does not have: a session that has ended there stays as it is, the
// history of one that lives there goes on from its state there, and that of any other begins anew.
Result<Batch> not_stored(Store& store, const Batch& lost) {
  Batch batch = lost;
  batch.sessions.clear();
  batch.transitions.clear();
  Questions questions;
  for (const SessionRow& row : lost.sessions) questions.sessions.push_back(row.id);
  const Result<Findings> found = store.look_up(questions);
  if (!found) return found.error();
  for (std::size_t i = 0; i < lost.sessions.size(); ++i) {
    const SessionRow& row = lost.sessions[i];
    const std::optional<SessionRow>& stored = found->sessions[i];
    if (stored && is_terminal(stored->state)) continue;
    batch.sessions.push_back(row);
    for (TransitionRow again : lost.transitions) {
      if (again.session != row.id) continue;
      if (stored) {
        again.from = stored->state;
      } else if (again.to != State::queued) {
        batch.transitions.push_back(made_again(again));
        again.from = State::queued;
      }
      if (again.from != again.to) batch.transitions.push_back(std::move(again));
    }
  }
  return batch;
}

void move_to(std::vector<Item>& waiting, std::vector<Item>& items) {
  waiting.insert(waiting.begin(), std::make_move_iterator(items.begin()),
                 std::make_move_iterator(items.end()));
  items.clear();
}

}  // namespace

// The store refuses what the rows hold, and would refuse it each time. The round is taken back, and what is
// not told at once comes again in smaller rounds, until the one item is found whose rows are refused. False:
// it is not the items' doing, so the store cannot be used.
bool Rounds::is_narrowed(Round& round, const Batch& batch, const Error& error, Now now) {
  std::vector<Item>& items = round.items();
  if (error.kind != ErrorKind::malformed || items.empty()) return false;
  round.revert(keeper_, now);
  std::string what = error.what;
  if (!batch.deliveries.empty()) {
    what += "; the first delivery has the digest " + batch.deliveries.front().digest;
  }
  ports_.rows_refused(what);
  const bool found = items.size() == 1 && ticks_pass_;
  items_most_ = found ? items_max : items.size() / 2;
  ticks_pass_ = false;
  if (found) give_up(items);
  refuse(items);
  inbox_.put_back(std::move(items));
  changed_ = true;
  return true;
}

void Rounds::widen() {
  if (items_most_ == items_max) return;
  ticks_pass_ = items_most_ == 0;
  items_most_ = std::min(items_max, std::max<std::size_t>(items_most_ * 2, 1));
}

void Rounds::enter_outage(const std::string& why, Now now) {
  ports_.store_error(why);
  changed_ = true;
  inbox_.accept_deliveries(false);
  outage_ = Outage{};
  outage_->retry_at = now.mono + retry_every;
}

// The commit failed. Nothing of the round has left the process, so the keeper goes back to its last committed
// rows.
void Rounds::begin_outage(Round round, std::shared_ptr<const Batch> batch, const Error& error, Now now) {
  enter_outage(error.what, now);
  round.revert(keeper_, now);
  refuse_deliveries(round.items());
  outage_->written = round.written();
  outage_->batch = std::move(batch);
  outage_->failed = std::move(round);
  find_out(now);
}

// The commit goes on. The keeper stays with the round, because it will most likely be on disk; what the round
// covers waits until it is known to be.
void Rounds::hold_back(Round round, std::shared_ptr<const Batch> batch, Now now) {
  enter_outage("the disk has not taken a write within store.commit_patience", now);
  refuse_deliveries(round.items());
  if (planted(Bug::lets_out_held)) round.let_out(ports_);
  round.let_out_rowless(ports_);
  outage_->written = round.written();
  outage_->batch = std::move(batch);
  outage_->installed = true;
  outage_->failed = std::move(round);
}

// Another use of the store goes on; nothing of this round has been decided.
void Rounds::leave_undecided(Round round, Now now) {
  enter_outage("the disk has not answered within store.commit_patience", now);
  refuse(round.items());
  move_to(outage_->waiting, round.items());
}

void Rounds::late_commit(const Result<Written>& written, Now now) {
  Round held = std::exchange(outage_->failed, {});
  outage_->installed = false;
  if (written) {
    committed(*outage_->batch, *written);
    std::vector<Item> starts = held.withdraw_starts(now);
    const bool lost = planted(Bug::loses_held);
    if (!lost) held.let_out(ports_);
    end_outage();
    if (!lost) inbox_.put_back(std::move(starts));
    return;
  }
  ports_.store_error(written.error().what);
  held.revert(keeper_, now);
  outage_->failed = std::move(held);
  find_out(now);
}

// Work that the loop no longer waited for, and that no round hangs on.
void Rounds::returned(const Status& done, Now now) {
  if (done.ok()) {
    end_outage();
    return;
  }
  ports_.store_error(done.error().what);
  find_out(now);
}

// A commit that failed may be on disk all the same; the reopened store says which of the two it is.
void Rounds::find_out(Now now) {
  using Loaded = Result<Ledger>;
  const auto reload = [](Store& store) -> Loaded {
    if (store.needs_reopen()) {
      if (const Status opened = store.reopen(); !opened) return opened.error();
    }
    return store.load();
  };
  const std::optional<Loaded> ledger =
      ask<Loaded>(reload, [this](const Loaded& late, Now then) { resolve_doubt(late, then); });
  if (ledger) resolve_doubt(*ledger, now);
}

void Rounds::resolve_doubt(const Result<Ledger>& ledger, Now now) {
  if (!ledger) {
    ports_.store_error(ledger.error().what);
    return;
  }
  Round failed = std::exchange(outage_->failed, {});
  const std::string without = difference(keeper_.world(), *ledger);
  if (without.empty() || planted(Bug::denies_applied)) {
    outage_->known = true;
    outage_->written.clear();
    refuse(failed.items());
    move_to(outage_->waiting, failed.items());
    return;
  }
  failed.install(keeper_, now);
  const std::string with = difference(keeper_.world(), *ledger);
  if (!with.empty()) {
    failed.revert(keeper_, now);
    outage_->failed = std::move(failed);
    write_lost(*ledger, "neither the state before it (" + without + ") nor the one after it (" + with + ")",
               now);
    return;
  }
  outage_->known = true;
  outage_->written.clear();
  last_seq_ = ledger->last_seq;
  if (outage_->batch) ports_.on_disk(*outage_->batch, *keeper_.world().config);
  std::vector<Item> starts = failed.withdraw_starts(now);
  failed.let_out(ports_);
  move_to(outage_->waiting, starts);
  inbox_.put_back(outage_->beats.hand_over(keeper_));
}

// What was committed and is not there any more is written again, tried each second; the next process goes on
// from what is loaded then.
void Rounds::write_lost(const Ledger& ledger, const std::string& what, Now now) {
  const std::string why = "after a failed write the store holds " + what;
  const auto lost = std::make_shared<const Batch>(lost_rows(keeper_.world(), ledger, now));
  if (ledger.instance != keeper_.world().instance || lost->empty() || planted(Bug::loses_lost)) {
    fatal_ = why + "; the process ends and recovers from the store";
    return;
  }
  const auto judge = [this, why](const Result<std::int64_t>& written, Now) {
    if (written.ok()) {
      fatal_ = why + "; what it had lost was written again, and the process ends and recovers from the store";
    } else {
      ports_.store_error(written.error().what);
    }
  };
  using Seq = Result<std::int64_t>;
  const auto write = [lost, commit = ports_.commit](Store& store) -> Seq {
    const Result<Batch> batch = not_stored(store, *lost);
    if (!batch) return batch.error();
    return batch->empty() ? Seq(std::int64_t{0}) : commit(store, *batch);
  };
  if (const std::optional<Seq> written = ask<Seq>(write, judge)) judge(*written, now);
}

// What changes no row may be installed and let out without a commit; the rest waits.
void Rounds::take_rowless(Item item, Now now, Round& round) {
  if (is_refused(item)) {
    answer(item, std::nullopt);
    return;
  }
  const auto* told = std::get_if<Answer>(&item.event);
  if (told != nullptr && outage_->beats.take(*told, now)) return;
  const bool in_doubt = !outage_->known;
  std::optional<Decision> decision;
  if (!needs_store(item)) {
    decision = rowless(keeper_.decide(item.event, now), in_doubt ? &outage_->written : nullptr);
  }
  if (!decision) {
    outage_->waiting.push_back(std::move(item));
    return;
  }
  round.add(keeper_, *std::move(decision), now);
}

// The answers of a round that is in doubt wait as well.
void Rounds::keep_waiting_alive(Now now) {
  std::vector<Effect> beats;
  if (!outage_->installed) outage_->beats.send_due(keeper_, outage_->failed.items(), now, beats);
  outage_->beats.send_due(keeper_, outage_->waiting, now, beats);
  if (!beats.empty()) ports_.dispatch(std::move(beats));
}

void Rounds::work_in_outage(Now now) {
  if (late_ && store_.idle()) std::exchange(late_, nullptr)(now);
  if (!outage_ || !fatal_.empty()) return;
  if (late_ && planted(Bug::waits_for_disk)) {
    outage_->retry_at = now.mono + retry_every;
    return;
  }
  Round round;
  for (Item& item : take(inbox_.size(), now)) take_rowless(std::move(item), now, round);
  if (!planted(Bug::no_beats_in_outage)) {
    round.add(keeper_, rowless_part(keeper_.decide(Tick{}, now), outage_->written), now);
  }
  changed_ = true;
  round.let_out(ports_);
  keep_waiting_alive(now);
  if (now.mono < outage_->retry_at) return;
  outage_->retry_at = now.mono + retry_every;
  if (late_) return;
  if (!outage_->known) find_out(now);
  if (outage_->known && !late_ && fatal_.empty()) probe(now);
}

// SQLite leaves a row alone that is written with what it holds, so this is a write of its own. Once it has
// failed, the store is opened and compared anew.
void Rounds::probe(Now now) {
  const auto write = [](Store& store) -> Status { return store.probe(); };
  const auto judge = [this](const Status& written, Now) {
    if (written.ok()) {
      end_outage();
    } else {
      outage_->known = false;
      ports_.store_error(written.error().what);
    }
  };
  if (const std::optional<Status> written = ask<Status>(write, judge)) judge(*written, now);
}

void Rounds::end_outage() {
  ports_.store_error({});
  changed_ = true;
  outage_->beats.give_to(outage_->waiting);
  if (!planted(Bug::loses_waiting)) inbox_.put_back(std::move(outage_->waiting));
  inbox_.accept_deliveries(true);
  outage_.reset();
}

}  // namespace keeper
