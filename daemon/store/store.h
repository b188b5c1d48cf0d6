// The store: the one writing connection to the keeper's SQLite file, and the lock that makes it the only one.
// Loop thread only. What commit() reported is on disk; a commit that failed may or may not be, so that every
// write is idempotent by key. Never waits for a provider, never retries, never logs.
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
  held,   // another daemon has it; the message says which
  newer,  // a newer version wrote it: exit 78
  other,
};

// What is known of a delivery that came.
struct Seen {
  bool delivery = false;             // it was recorded before
  std::optional<SessionId> session;  // the newest that had its remote, also one that ended long ago
};

struct Pruned {
  int sessions = 0;   // that went
  bool more = false;  // of some kind as many went as may go at once
};

class Store {
 public:
  // Makes the file (mode 0600) where there is none; its directory must exist. ":memory:" gives a store that ends
  // with the object. The path and the cure stand in the error.
  static Result<std::unique_ptr<Store>> open(const std::string& path, Refusal* refusal = nullptr);

  // With an instance id that is not drawn: for runs that must repeat exactly.
  static Result<std::unique_ptr<Store>> open_as(const std::string& path, const InstanceId& instance);
  static Result<std::unique_ptr<Store>> open_in_memory(const InstanceId& instance);

  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Another thread uses the store from now on.
  void hand_over() const { thread_.release(); }

  const std::string& path() const { return path_; }
  const InstanceId& instance() const { return instance_; }

  // All that is needed after a start. `latest` goes by the order of creation; counts are of all sessions ever.
  Result<Ledger> load();

  // One transaction; returns the last seq given. Committing a batch once more changes nothing. Refused as a whole
  // if a transition does not follow from its session's last one.
  // What a session serves (plan, provider, occurrence, replica, attempt, created_at) is written once.
  Result<std::int64_t> commit(const Batch& batch);

  // One transaction that really writes, though it says nothing: whether the disk takes writes.
  Status probe();

  // While it lives, the lookups below share one transaction, whose locks cost more than they do. Ends before commit().
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

  // What the sessions that are over and whose remote is gone took in the period, each billed for at least its
  // provider's minimum.
  Result<std::vector<SpentBy>> spent(const Period& period, const std::map<ProviderName, Millis>& minimums);

  // True once the write-ahead log has grown by wal_bytes_max since the last checkpoint.
  bool checkpoint_due() const;

  // Moves the write-ahead log into the main file, as far as readers allow. Waits for nobody.
  Status checkpoint();

  // After a failed commit, load or checkpoint: the connection is not to be trusted, and every call is refused until
  // reopen() has worked.
  bool needs_reopen() const { return needs_reopen_; }

  // Closes the connection and opens it anew under the same lock; then load() and compare. In memory: nothing.
  Status reopen();

  // Deletes up to `rows_max` of the sessions that ended before and whose remote is gone, oldest first, with their
  // transitions and deliveries; and as many of the deliveries without a session and of the missed occurrences. Keeps the
  // newest of each slot and held deliveries.
  Result<Pruned> prune(Wall ended_before, int rows_max);

  // Bytes of the main file that are in use; what prune() frees is used again, not given back.
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
  int wal_frames_ = 0;       // as of the last commit
  int checkpoint_at_ = 0;    // frames
  std::int64_t page_bytes_ = 4096;
  ThreadCheck thread_;
};

}  // namespace keeper
