#include "runtime/rounds.h"

#include <algorithm>
#include <utility>

#include "base/planted.h"
#include "core/storable.h"

namespace keeper {

Rounds::Rounds(const Ledger& ledger, Now now, Inbox& inbox, StoreAccess& store, RoundPorts ports)
    : keeper_(ledger, now),
      inbox_(inbox),
      store_(store),
      ports_(std::move(ports)),
      last_seq_(ledger.last_seq) {}

void Rounds::turn(Now now) {
  if (outage_) {
    work_in_outage(now);
  } else {
    work(now);
  }
}

std::vector<Item> Rounds::take(std::size_t most, Now now) {
  std::vector<Item> items = inbox_.take(most);
  for (Item& item : items) {
    make_storable(item.event);
    auto* answer = std::get_if<Answer>(&item.event);
    if (answer != nullptr && !answer->came_at) answer->came_at = now.mono;
  }
  return items;
}

// Decide, commit; only then acknowledge and dispatch.
void Rounds::work(Now now) {
  Round round(take(items_most_, now));
  const auto asked = std::make_shared<const Asked>(round.questions(keeper_, now));
  Findings findings;
  if (!asked->questions.empty() && !look_up(round, asked, findings, now)) return;
  round.decide(keeper_, *asked, std::move(findings), now, ports_);
  changed_ = changed_ || !round.empty();
  commit(std::move(round), now);
}

bool Rounds::look_up(Round& round, std::shared_ptr<const Asked> asked, Findings& findings, Now now) {
  using Found = Result<Findings>;
  std::optional<Found> found = ask<Found>([asked](Store& store) { return store.look_up(asked->questions); },
                                          [this](const Found& late, Now then) {
                                            returned(late.ok() ? Status(Done{}) : Status(late.error()), then);
                                          });
  if (!found) {
    leave_undecided(std::move(round), now);
  } else if (!found->ok()) {
    begin_outage(std::move(round), nullptr, found->error(), now);
  } else {
    findings = **std::move(found);
    return true;
  }
  return false;
}

void Rounds::commit(Round round, Now now) {
  const auto batch = std::make_shared<const Batch>(round.batch());
  if (planted(Bug::early_ack)) round.acknowledge();
  if (planted(Bug::early_dispatch)) std::exchange(round, {}).let_out(ports_);
  if (!batch->empty()) {
    const auto write = [batch, commit = ports_.commit](Store& store) -> Result<Written> {
      const Result<std::int64_t> seq = commit(store, *batch);
      if (!seq) return seq.error();
      return Written{*seq, store.checkpoint_due()};
    };
    const auto written = ask<Result<Written>>(
        write, [this](const Result<Written>& late, Now then) { late_commit(late, then); });
    if (!written) {
      hold_back(std::move(round), batch, now);
      return;
    }
    if (!written->ok()) {
      if (is_narrowed(round, *batch, written->error(), now)) return;
      begin_outage(std::move(round), batch, written->error(), now);
      return;
    }
    committed(*batch, **written);
  }
  widen();
  round.let_out(ports_);
}

void Rounds::committed(const Batch& batch, const Written& written) {
  last_seq_ = std::max(last_seq_, written.last_seq);
  checkpoint_due_ = written.checkpoint_due;
  ports_.on_disk(batch, *keeper_.world().config);
}

Mono Rounds::next_turn(Now now) const {
  if (outage_) return outage_->retry_at;
  if (!keeper_.uncounted(now).empty()) return now.mono;
  return keeper_.next_wakeup(now);
}

}  // namespace keeper
