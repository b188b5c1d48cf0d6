#include "sim/cluster_store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/planted.h"

namespace keeper::sim {

FencedStore::FencedStore(Database& database, Link& link, const Terms& terms, std::uint64_t process,
                         std::string node, std::string boot, std::function<Mono()> clock)
    : database_(database),
      link_(link),
      terms_(terms),
      process_(process),
      node_(std::move(node)),
      boot_(std::move(boot)),
      clock_(std::move(clock)) {}

Transaction FencedStore::transaction() const {
  Transaction one;
  one.process = process_;
  one.node = node_;
  one.fence = fence_;
  one.commits = commits_;
  return one;
}

Error FencedStore::fails(const std::string& what) { return {ErrorKind::storage, "the database: " + what}; }

// A node that has no answer waits for it as long as its patience lasts, and then drops the connection.
Outcome FencedStore::send(const Transaction& one) {
  switch (link_.way) {
    case Way::slow:
      took_ = {link_.delay, true};
      [[fallthrough]];
    case Way::open: {
      const Outcome outcome = database_.submit(one);
      if (outcome == Outcome::warned) took_ = {terms_.patience(), false};
      return outcome;
    }
    case Way::cut:
      break;
    case Way::loses:
      database_.submit(one);
      break;
    case Way::holds_back:
      link_.held.push_back(one);
      break;
  }
  took_ = {terms_.patience(), false};
  return Outcome::unknown;
}

Status FencedStore::reach() {
  if (deposed_) return fails("another node leads");
  if (needs_reopen_) return fails("must be opened anew after an earlier failure");
  if (link_.way == Way::slow) took_ = {link_.delay, true};
  if (link_.answers() && database_.is_up()) return Done{};
  if (!link_.answers()) took_ = {terms_.patience(), false};
  needs_reopen_ = true;
  return fails("no answer");
}

Status FencedStore::write(const Transaction& one) {
  if (deposed_) return fails("another node leads");
  if (needs_reopen_) return fails("must be opened anew after an earlier failure");
  const Mono sent = clock_();
  const Outcome outcome = send(one);
  const bool safe =
      outcome == Outcome::applied || (outcome == Outcome::warned && planted(Bug::believes_warning));
  if (!safe) {
    needs_reopen_ = true;
    const LeadRow& row = database_.lead();
    if (outcome == Outcome::refused) deposed_ = row.epoch != fence_.epoch || row.token != fence_.token;
    if (outcome == Outcome::refused)
      return fails(deposed_ ? "another node leads" : "an unknown commit came before");
    return fails(outcome == Outcome::warned ? "the server warns: not at the standby" : "no answer");
  }
  ++commits_;
  renewed_at_ = sent;
  const Mono from = planted(Bug::lease_from_answer) ? sent + took_.time : sent;
  lead_until_ = from + terms_.lease - lease_margin(terms_.lease);
  return Done{};
}

bool FencedStore::claim(const LeadRow& seen, const std::string& token) {
  Transaction one = transaction();
  one.fence = {seen.epoch + 1, token};
  one.seen = seen;
  one.seen->lease = terms_.lease;
  const Mono sent = clock_();
  if (send(one) != Outcome::applied) return false;
  fence_ = one.fence;
  commits_ = database_.lead().commits;
  renewed_at_ = sent;
  lead_until_ = sent + terms_.lease - lease_margin(terms_.lease);
  // A lead that was given back has no call under way.
  if (!seen.released) start_bound_ = clock_() + took_.time + terms_.pause_allowance;
  const bool doubts = !seen.timeline.empty() && seen.timeline != database_.lead().timeline;
  if (doubts) doubt_until_ = std::max(clock_(), start_bound_) + std::chrono::minutes{1};
  return forget_other_boot().ok();
}

// The boot-time clocks of two machines have nothing to do with each other.
Status FencedStore::forget_other_boot() {
  Transaction one = transaction();
  const bool other = database_.boot() != boot_;
  const Ledger ledger = database_.rows().load().value();
  for (SessionRow row : ledger.unresolved) {
    if (!other || (!row.start_sent_mono && !row.start_sent_by_mono)) continue;
    row.start_sent_mono.reset();
    row.start_sent_by_mono.reset();
    one.batch.sessions.push_back(row);
  }
  const Status written = write(one);
  if (written) database_.set_boot(boot_);
  return written;
}

void FencedStore::release() {
  lead_until_ = Mono::min();
  Transaction one = transaction();
  one.releases = true;
  const bool may = !deposed_ && !needs_reopen_ && (clock_() >= start_bound_ || planted(Bug::hasty_release));
  if (may) send(one);
}

std::optional<bool> FencedStore::confirm() const {
  if (!link_.answers() || !database_.is_up()) return std::nullopt;
  const LeadRow& row = database_.lead();
  return row.epoch == fence_.epoch && row.token == fence_.token && !row.released;
}

Result<Ledger> FencedStore::load() {
  if (const Status reached = reach(); !reached) return reached.error();
  Result<Ledger> ledger = database_.rows().load();
  if (ledger) {
    ledger->start_bound = start_bound_;
    ledger->doubt_until = doubt_until_;
  }
  return ledger;
}

Result<std::int64_t> FencedStore::commit(const Batch& batch) {
  Transaction one = transaction();
  one.batch = batch;
  if (const Status written = write(one); !written) return written.error();
  return database_.lead().last_seq;
}

Status FencedStore::probe() { return write(transaction()); }

Result<Findings> FencedStore::look_up(const Questions& questions) {
  if (const Status reached = reach(); !reached) return reached.error();
  return database_.rows().look_up(questions);
}

Status FencedStore::reopen() {
  if (deposed_) return fails("another node leads");
  needs_reopen_ = false;
  if (const Status reached = reach(); !reached) return reached;
  const LeadRow& row = database_.lead();
  deposed_ = row.epoch != fence_.epoch || row.token != fence_.token;
  if (deposed_) return fails("another node leads now");
  commits_ = row.commits;
  return probe();
}

Result<Pruned> FencedStore::prune(Wall ended_before, int) {
  Transaction one = transaction();
  one.prune_before = ended_before;
  if (const Status written = write(one); !written) return written.error();
  return Pruned{};
}

bool LinkAccess::run(StoreWork work) {
  KEEPER_CHECK(idle());
  work(store_);
  const FencedStore::Took took = store_.took();
  if (took.time == Millis{0}) return true;
  (took.waits ? blocked_until_ : busy_until_) = now_() + took.time;
  return took.waits;
}

}  // namespace keeper::sim
