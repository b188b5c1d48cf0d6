// Rounds: carries out one round after the other, and never two at a time. It owns the keeper. In the ordinary
// case a turn is: look up, decide, commit, let out. Nothing of a round leaves the process before its
// transaction is on disk. There is an outage of the store while the store refuses a write or takes longer
// than the commit patience. The round that could not be committed is then held back or taken back, deliveries
// and orders are refused, and what needs a row waits. Heartbeats go on, and so do stops that are on disk
// already. It has no thread, clock or log of its own. Loop thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/outage_beats.h"
#include "runtime/round.h"
#include "runtime/store_access.h"

namespace keeper {

class Rounds {
 public:
  // `ledger`: what store.load() gave.
  Rounds(const Ledger& ledger, Now now, Inbox& inbox, StoreAccess& store, RoundPorts ports);

  // One round, or one step of an outage.
  void turn(Now now);

  // When the next one is due, if nothing comes into the inbox.
  Mono next_turn(Now now) const;

  bool in_outage() const { return outage_.has_value(); }
  // Why the process must end and recover from its store; empty in the ordinary case.
  const std::string& fatal() const { return fatal_; }
  // The process must end for this; empty: it need not.
  void end_for(const std::string& why) {
    if (fatal_.empty()) fatal_ = why;
  }
  const Keeper& keeper() const { return keeper_; }
  std::int64_t last_seq() const { return last_seq_; }
  // Whether the write-ahead log had grown too long at the last commit.
  bool checkpoint_due() const { return checkpoint_due_; }
  void checkpointed() { checkpoint_due_ = false; }

  // Items of one round at the most.
  static constexpr std::size_t items_max = 1024;

  // Whether anything was decided since the last call.
  bool take_changed() { return std::exchange(changed_, false); }

  // Does work on the store between two rounds. Empty: it failed or takes too long, and an outage has begun.
  // It must not be called in an outage.
  template <class T>
  std::optional<T> between(std::function<Result<T>(Store&)> work, Now now);

 private:
  // An answer remembers when it was taken, however often it is put back.
  std::vector<Item> take(std::size_t most, Now now);
  struct Written {
    std::int64_t last_seq = 0;
    bool checkpoint_due = false;
  };
  // From a commit that failed or hangs until the store works again.
  struct Outage {
    Round failed;                        // not known to be on disk
    std::shared_ptr<const Batch> batch;  // its rows
    std::set<SessionId> written;         // sessions of which it writes a row
    bool installed = false;              // the keeper holds it: its commit goes on
    bool known = false;                  // whether it is on disk has been found out
    std::vector<Item> waiting;           // what needs a row
    OutageBeats beats;                   // of sessions whose answers wait
    Mono retry_at{};
  };

  template <class T>
  std::optional<T> ask(std::function<T(Store&)> work, std::function<void(T, Now)> late);

  void work(Now now);
  bool look_up(Round& round, std::shared_ptr<const Asked> asked, Findings& findings, Now now);
  void commit(Round round, Now now);
  void committed(const Batch& batch, const Written& written);
  bool is_narrowed(Round& round, const Batch& batch, const Error& error, Now now);
  void widen();

  void enter_outage(const std::string& why, Now now);
  void begin_outage(Round round, std::shared_ptr<const Batch> batch, const Error& error, Now now);
  void hold_back(Round round, std::shared_ptr<const Batch> batch, Now now);
  void leave_undecided(Round round, Now now);
  void late_commit(const Result<Written>& written, Now now);
  void work_in_outage(Now now);
  void take_rowless(Item item, Now now, Round& round);
  void keep_waiting_alive(Now now);
  void find_out(Now now);
  void resolve_doubt(const Result<Ledger>& ledger, Now now);
  void write_lost(const Ledger& ledger, const std::string& what, Now now);
  void probe(Now now);
  void returned(const Status& done, Now now);
  void end_outage();

  Keeper keeper_;
  Inbox& inbox_;
  StoreAccess& store_;
  RoundPorts ports_;
  std::int64_t last_seq_ = 0;
  bool checkpoint_due_ = false;
  std::size_t items_most_ = items_max;  // of one round: fewer while the store refuses rows
  bool ticks_pass_ = false;             // a round without items was taken since rows were refused
  std::optional<Outage> outage_;
  std::function<void(Now)> late_;  // what is done with the work under way once it has returned
  std::string fatal_;
  bool changed_ = true;
};

template <class T>
std::optional<T> Rounds::ask(std::function<T(Store&)> work, std::function<void(T, Now)> late) {
  const auto outcome = std::make_shared<std::optional<T>>();
  if (store_.run([outcome, work = std::move(work)](Store& store) { outcome->emplace(work(store)); })) {
    return *std::move(*outcome);
  }
  late_ = [outcome, late = std::move(late)](Now now) { late(*std::move(*outcome), now); };
  return std::nullopt;
}

template <class T>
std::optional<T> Rounds::between(std::function<Result<T>(Store&)> work, Now now) {
  std::optional<Result<T>> done = ask<Result<T>>(std::move(work), [this](const Result<T>& result, Now then) {
    returned(result.ok() ? Status(Done{}) : Status(result.error()), then);
  });
  if (!done) {
    leave_undecided({}, now);
    return std::nullopt;
  }
  if (!done->ok()) {
    begin_outage({}, nullptr, done->error(), now);
    return std::nullopt;
  }
  return *std::move(*done);
}

}  // namespace keeper
