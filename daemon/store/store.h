// The store: where the keeper's rows are kept. A daemon has one, and no other process writes to it meanwhile.
// One thread at a time may call it; hand_over() gives it to another one, which in the daemon is the store's
// thread. What commit() reported as done outlives the process and a loss of power. A commit that failed may
// be stored or not, so every write can be repeated without changing anything. Texts in rows must be UTF-8
// without NUL (core/storable.h); bodies may be any bytes. The store never waits for a provider, never retries
// and never logs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "store/questions.h"

namespace keeper {

// Why a store could not be opened, where the caller treats it apart.
enum class Refusal {
  none,
  in_use,  // another daemon uses it; the message names it
  newer,   // a newer version wrote it, or it was moved elsewhere: exit 78
  other,
};

struct Pruned {
  int sessions = 0;   // how many were deleted
  bool more = false;  // the limit of one call was reached, so that more may be left: call prune() again
};

class Store {
 public:
  // Makes the file (mode 0600) where there is none; its directory must exist. ":memory:" gives a store that
  // ends with the object. The path and the cure stand in the error.
  static Result<std::unique_ptr<Store>> open(const std::string& path, Refusal* refusal = nullptr);

  // As open(), with a given instance id instead of a random one, for runs that must repeat exactly.
  static Result<std::unique_ptr<Store>> open_as(const std::string& path, const InstanceId& instance);
  static Result<std::unique_ptr<Store>> open_in_memory(const InstanceId& instance);

  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // The next thread that calls the store owns it from then on.
  virtual void hand_over() const = 0;

  virtual const InstanceId& instance() const = 0;

  // Where it is, as errors name it: the path of the file.
  virtual const std::string& location() const = 0;

  // Reads all that the keeper needs after a start. Ledger::latest is in the order of creation, and
  // Ledger::counts counts every session ever recorded.
  virtual Result<Ledger> load() = 0;

  // Writes the batch in one transaction and returns the seq of the last transition. Committing a batch once
  // more changes nothing. The batch is refused as a whole, with an error of the kind `malformed`, if it holds
  // a value that the store cannot keep, or if one of its transitions does not follow from its session's last
  // one. The fixed columns of a session (session_columns.h) are written with the row and never
  // again.
  virtual Result<std::int64_t> commit(const Batch& batch) = 0;

  // Shows whether the store takes writes, by a transaction that changes a counter and nothing else.
  virtual Status probe() = 0;

  // The findings are all as of one moment.
  virtual Result<Findings> look_up(const Questions& questions) = 0;

  // True after a failure that leaves the state of the connection unknown. Every call is refused until
  // reopen() has worked.
  virtual bool needs_reopen() const = 0;

  // Opens the connection anew. The caller then loads and compares.
  virtual Status reopen() = 0;

  // Deletes what is older than `ended_before`, the oldest first: up to `rows_max` sessions whose remote is
  // gone, with their transitions and deliveries, and as many deliveries without a session and missed
  // occurrences. It keeps the newest session of each plan and replica, and every delivery that still waits
  // for its session.
  virtual Result<Pruned> prune(Wall ended_before, int rows_max) = 0;

  // What the rows take, in bytes. What prune() frees is used again, and not given back to the disk.
  virtual Result<std::int64_t> used_bytes() = 0;

  // Whether a log that is kept beside the rows has grown so long that checkpoint() should be called. A store
  // without such a log never asks for it.
  virtual bool checkpoint_due() const { return false; }
  virtual Status checkpoint() { return Done{}; }

 protected:
  Store() = default;
};

}  // namespace keeper
