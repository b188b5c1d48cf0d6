// The store: the one connection that writes the keeper's SQLite file, and the lock that makes it the only
// one. One thread at a time may call it; hand_over() gives it to another one, which in the daemon is the
// store's thread. What commit() reported as done is on disk. A commit that failed may be on disk or not, so
// every write can be repeated without changing anything. The store never waits for a provider, never retries
// and never logs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/thread_check.h"
#include "core/spending.h"

namespace SQLite {
class Database;
}

namespace keeper {

class StoreLock;
class Writer;

// Why a store could not be opened, where the caller treats it apart.
enum class Refusal {
  none,
  in_use,  // another daemon uses it; the message names it
  newer,   // a newer version wrote it: exit 78
  other,
};

// What is known of a delivery that came.
struct Seen {
  bool delivery = false;             // the same delivery was recorded before
  std::optional<SessionId> session;  // the newest session that had its remote, which may have ended long ago
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

  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // The next thread that calls the store owns it from then on.
  void hand_over() const { thread_.release(); }

  const std::string& path() const { return path_; }
  const InstanceId& instance() const { return instance_; }

  // Reads all that the keeper needs after a start. Ledger::latest is in the order of creation, and
  // Ledger::counts counts every session ever recorded.
  Result<Ledger> load();

  // Writes the batch in one transaction and returns the seq of the last transition. Committing a batch once
  // more changes nothing. The batch is refused as a whole if one of its transitions does not follow from its
  // session's last one. The fixed columns of a session (session_columns.h) are written with the row and never
  // again.
  Result<std::int64_t> commit(const Batch& batch);

  // Shows whether the disk takes writes, by a transaction that changes a counter and nothing else.
  Status probe();

  // While an object of this class lives, the lookups below share one read transaction, because its locks cost
  // more than the lookups do. It must be destroyed before commit() is called.
  class Lookups {
   public:
    explicit Lookups(Store& store);
    ~Lookups();
    Lookups(const Lookups&) = delete;
    Lookups& operator=(const Lookups&) = delete;

   private:
    Store& store_;
  };

  Result<Seen> seen(const ProviderName& provider, const std::string& key, const RemoteId& remote);

  Result<std::optional<DeliveryRow>> delivery(std::int64_t id);  // without its body

  // The newest session that had this remote, also one that ended long ago.
  Result<std::optional<SessionId>> session_of(const ProviderName& provider, const RemoteId& remote);

  Result<std::optional<SessionRow>> session(const SessionId& id);

  // How much time the sessions that have ended, and whose remote is gone, took in the period. Each is billed
  // for at least the minimum of its provider.
  Result<std::vector<SpentBy>> spent(const Period& period, const Prices& prices);

  // True once the write-ahead log has grown by wal_bytes_max since the last checkpoint.
  bool checkpoint_due() const;

  // Moves the write-ahead log into the main file, as far as the readers allow at this moment. It waits for
  // none of them.
  Status checkpoint();

  // True after a failure that leaves the state of the connection unknown. Every call is refused until
  // reopen() has worked.
  bool needs_reopen() const { return needs_reopen_; }

  // Closes the connection and opens it anew under the same lock. The caller then loads and compares. A store
  // in memory stays as it is.
  Status reopen();

  // Deletes what is older than `ended_before`, the oldest first: up to `rows_max` sessions whose remote is
  // gone, with their transitions and deliveries, and as many deliveries without a session and missed
  // occurrences. It keeps the newest session of each plan and replica, and every delivery that still waits
  // for its session.
  Result<Pruned> prune(Wall ended_before, int rows_max);

  // Bytes of the main file that are in use. What prune() frees is used again, and not given back to the disk.
  Result<std::int64_t> used_bytes();

  static constexpr std::int64_t wal_bytes_max = 2 * 1024 * 1024;

 private:
  explicit Store(std::string path);

  Status connect(bool may_create, Refusal* refusal);
  Status open_connection(bool may_create, Refusal* refusal);
  Status begin_instance(const InstanceId& instance);
  void drop_connection();
  int note_wal_frames(int frames);
  template <class Call>
  auto run(Call&& call) -> decltype(call());

  std::string path_;
  InstanceId instance_;
  std::unique_ptr<StoreLock> lock_;
  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<Writer> writer_;
  bool needs_reopen_ = false;
  int wal_frames_ = 0;     // as of the last commit
  int checkpoint_at_ = 0;  // frames
  std::int64_t page_bytes_ = 4096;
  ThreadCheck thread_;
};

}  // namespace keeper
