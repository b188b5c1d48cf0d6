// The store in one SQLite file: the one connection that writes it, and the lock that makes it the only one. A
// store in memory (":memory:") ends with the object, and a reopen leaves it as it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/thread_check.h"
#include "store/store.h"

namespace SQLite {
class Database;
}

namespace keeper {

class Lookups;
class StoreLock;
class Writer;

class SqliteStore final : public Store {
 public:
  // As Store::open() and Store::open_as().
  static Result<std::unique_ptr<Store>> open(const std::string& path, Refusal* refusal);
  static Result<std::unique_ptr<Store>> open_as(const std::string& path, const InstanceId& instance);

  // Moves the log into the main file, where no failure has left it in doubt.
  ~SqliteStore() override;

  void hand_over() const override { thread_.release(); }
  const InstanceId& instance() const override { return instance_; }
  const std::string& location() const override { return path_; }
  Result<Ledger> load() override;
  Result<std::int64_t> commit(const Batch& batch) override;
  Status probe() override;
  Result<Findings> look_up(const Questions& questions) override;
  bool needs_reopen() const override { return needs_reopen_; }
  // Under the same lock.
  Status reopen() override;
  Result<Pruned> prune(Wall ended_before, int rows_max) override;
  // Of the main file.
  Result<std::int64_t> used_bytes() override;

  // True once the write-ahead log has grown by wal_bytes_max since the last checkpoint.
  bool checkpoint_due() const override;
  // Moves the write-ahead log into the main file, as far as the readers allow at this moment. It waits for
  // none of them.
  Status checkpoint() override;

 private:
  static constexpr std::int64_t wal_bytes_max = 2 * 1024 * 1024;

  explicit SqliteStore(std::string path);

  static Result<std::unique_ptr<SqliteStore>> take(const std::string& path, Refusal* refusal);
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
  std::unique_ptr<Lookups> lookups_;
  bool needs_reopen_ = false;
  int wal_frames_ = 0;     // as of the last commit
  int checkpoint_at_ = 0;  // frames
  std::int64_t page_bytes_ = 4096;
  ThreadCheck thread_;
};

}  // namespace keeper
