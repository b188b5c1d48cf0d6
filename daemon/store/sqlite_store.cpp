#include "store/sqlite_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "store/boot.h"
#include "store/connection.h"
#include "store/lock.h"
#include "store/lookups.h"
#include "store/moved.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/store_backup.h"
#include "store/writer.h"

namespace keeper {
namespace {

Error file_error(const std::string& path, const std::string& what) {
  return {ErrorKind::storage, "store " + path + ": " + what};
}

// A migration cannot be taken back. A copy that an earlier try left is of the same version, and is kept.
Status keep_copy(const std::string& path, int version) {
  if (path == memory_path) return Done{};
  const std::string copy = path + ".v" + std::to_string(version) + ".bak";
  struct stat found {};
  if (stat(copy.c_str(), &found) == 0) return Done{};
  const Status kept = backup_store(path, copy);
  if (kept.ok()) return Done{};
  return file_error(
      path, "is of an older version, and no copy can be made before it is changed: " + kept.error().what);
}

Status check_directory(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  struct stat found {};
  if (stat(directory.c_str(), &found) != 0) {
    return file_error(path, "its directory " + directory + " cannot be used: " + std::strerror(errno) +
                                "; make it, owned by the daemon's user");
  }
  if (!S_ISDIR(found.st_mode)) return file_error(path, directory + " is not a directory");
  return Done{};
}

// SQLite would make it with the umask's mode. An existing file is not opened: closing it would drop SQLite's
// locks.
Status make_private_file(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) == 0) {
    if (!S_ISREG(found.st_mode)) return file_error(path, "is not a regular file");
    if ((found.st_mode & 077U) != 0 && chmod(path.c_str(), 0600) != 0) {
      return file_error(
          path, std::string("cannot be made private: ") + std::strerror(errno) + "; chmod it to 0600");
    }
    return Done{};
  }
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return file_error(path, std::string("cannot be made: ") + std::strerror(errno));
  close(file);
  return Done{};
}

// The boot-time clock begins anew with the machine, so that its moments mean nothing afterwards.
void forget_other_boot(SQLite::Database& database, const std::string& boot) {
  if (!boot.empty() && sqlite::query_text(database, "SELECT boot FROM meta") == boot) return;
  SQLite::Statement same(database, "UPDATE meta SET boot = ?");
  sqlite::Binder(same).text(boot);
  database.exec("BEGIN IMMEDIATE");
  try {
    database.exec("UPDATE sessions SET start_sent_mono = NULL, start_sent_by_mono = NULL WHERE resolved = 0");
    same.exec();
    database.exec("COMMIT");
  } catch (const SQLite::Exception&) {
    database.tryExec("ROLLBACK");
    throw;
  }
}

void set_refusal(Refusal* refusal, Refusal why) {
  if (refusal != nullptr) *refusal = why;
}

}  // namespace

SqliteStore::SqliteStore(std::string path) : path_(std::move(path)) {}

SqliteStore::~SqliteStore() {
  if (database_ && !needs_reopen_) checkpoint_on_close(*database_, true);
  drop_connection();
}

void SqliteStore::drop_connection() {
  lookups_.reset();
  writer_.reset();
  database_.reset();
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::take(const std::string& path, Refusal* refusal) {
  set_refusal(refusal, Refusal::other);
  std::unique_ptr<SqliteStore> store(new SqliteStore(path));
  if (path != memory_path) {
    if (const Status directory = check_directory(path); !directory) return directory.error();
    auto lock = StoreLock::take(path);
    if (!lock) return lock.error();
    if (!*lock) {
      set_refusal(refusal, Refusal::in_use);
      return file_error(path, "is used by process " + StoreLock::holder(path) + "; stop that daemon first");
    }
    store->lock_ = std::make_unique<StoreLock>(std::move(**lock));
    if (const Status file = make_private_file(path); !file) return file.error();
    const Result<bool> alone = store->lock_->take_file(path);
    if (!alone) return alone.error();
    if (!*alone) {
      set_refusal(refusal, Refusal::in_use);
      return file_error(
          path,
          "is used by another daemon, which knows the same file by another name; stop that daemon first");
    }
  }
  if (const Status opened = store->connect(true, refusal); !opened) return opened.error();
  set_refusal(refusal, Refusal::none);
  return store;
}

Result<std::unique_ptr<Store>> SqliteStore::open(const std::string& path, Refusal* refusal) {
  Result<std::unique_ptr<SqliteStore>> store = take(path, refusal);
  if (!store) return store.error();
  return std::unique_ptr<Store>(*std::move(store));
}

Result<std::unique_ptr<Store>> SqliteStore::open_as(const std::string& path, const InstanceId& instance) {
  Result<std::unique_ptr<SqliteStore>> store = take(path, nullptr);
  if (!store) return store.error();
  if (const Status begun = (*store)->begin_instance(instance); !begun) return begun.error();
  return std::unique_ptr<Store>(*std::move(store));
}

Status SqliteStore::begin_instance(const InstanceId& instance) {
  return run([&]() -> Status {
    SQLite::Statement statement(*database_, "UPDATE meta SET instance = ?");
    sqlite::Binder(statement).text(instance);
    statement.exec();
    instance_ = instance;
    thread_.release();
    return Done{};
  });
}

Status SqliteStore::connect(bool may_create, Refusal* refusal) {
  int code = 0;
  const Status opened = sqlite::guarded(path_, &code, [&] { return open_connection(may_create, refusal); });
  if (!opened) drop_connection();
  return opened;
}

Status SqliteStore::open_connection(bool may_create, Refusal* refusal) {
  database_ = open_for_writing(path_);
  const StoreIdentity identity = identify(*database_);
  if (identity.blank && !may_create) {
    return file_error(path_,
                      "was replaced by an empty file while the daemon ran; restore it or restart the daemon");
  }
  if (!identity.blank && !identity.ours) {
    return file_error(path_, "is a database of another program; give another store.path");
  }
  if (identity.is_moved()) {
    set_refusal(refusal, Refusal::newer);
    return moved_error(*database_, path_);
  }
  if (identity.version > store_version) {
    set_refusal(refusal, Refusal::newer);
    return file_error(path_, "was written by a newer session-keeper (schema " +
                                 std::to_string(identity.version) + ", this one knows " +
                                 std::to_string(store_version) +
                                 "); install that version, or restore an older backup");
  }
  if (path_ == memory_path) {
    make_volatile(*database_);
  } else {
    make_durable(*database_);
  }
  if (!identity.blank && identity.version < store_version) {
    if (Status kept = keep_copy(path_, identity.version); !kept) return kept;
  }
  if (path_ == memory_path && identity.blank) {
    copy_newest(*database_);
  } else {
    migrate(*database_, identity.version);
  }
  SQLite::Statement meta(*database_, "INSERT OR IGNORE INTO meta(one, instance) VALUES (1, ?)");
  const InstanceId drawn(draw_hex());
  sqlite::Binder(meta).text(drawn);
  if (sqlite::query_int(*database_, "SELECT COUNT(*) FROM meta") == 0) meta.exec();
  const InstanceId found(sqlite::query_text(*database_, "SELECT instance FROM meta"));
  if (!instance_.empty() && found != instance_) {
    return file_error(
        path_, "was replaced by another store while the daemon ran; put it back or restart the daemon");
  }
  instance_ = found;
  forget_other_boot(*database_, boot_id());
  page_bytes_ = sqlite::query_int(*database_, "PRAGMA page_size");
  writer_ = std::make_unique<Writer>(*database_);
  lookups_ = std::make_unique<Lookups>(*database_);
  wal_frames_ = 0;
  checkpoint_at_ = static_cast<int>(wal_bytes_max / page_bytes_);
  sqlite3_wal_hook(
      database_->getHandle(),
      [](void* store, sqlite3*, const char*, int frames) {
        return static_cast<SqliteStore*>(store)->note_wal_frames(frames);
      },
      this);
  return Done{};
}

// Fewer frames than before: the log was begun anew.
int SqliteStore::note_wal_frames(int frames) {
  if (frames < wal_frames_) checkpoint_at_ = static_cast<int>(wal_bytes_max / page_bytes_);
  wal_frames_ = frames;
  return SQLITE_OK;
}

template <class Call>
auto SqliteStore::run(Call&& call) -> decltype(call()) {
  thread_.check();
  if (needs_reopen_) return file_error(path_, "must be opened anew after an earlier failure");
  int code = 0;
  auto result = sqlite::guarded(path_, &code, std::forward<Call>(call));
  if (sqlite::spoils_connection(code)) needs_reopen_ = true;
  return result;
}

Result<Ledger> SqliteStore::load() {
  return run([&]() -> Result<Ledger> {
    Ledger ledger;
    ledger.instance = instance_;
    writer_->load(ledger);
    return ledger;
  });
}

Result<std::int64_t> SqliteStore::commit(const Batch& batch) {
  return run([&]() -> Result<std::int64_t> {
    if (!batch.empty()) writer_->commit(batch);
    return writer_->last_seq();
  });
}

Status SqliteStore::probe() {
  return run([&]() -> Status {
    writer_->probe();
    return Done{};
  });
}

Result<Findings> SqliteStore::look_up(const Questions& questions) {
  return run([&]() -> Result<Findings> { return lookups_->answer(questions); });
}

bool SqliteStore::checkpoint_due() const { return wal_frames_ >= checkpoint_at_; }

Status SqliteStore::checkpoint() {
  return run([&]() -> Status {
    if (path_ == memory_path) return Done{};
    run_checkpoint(*database_);
    checkpoint_at_ = wal_frames_ + static_cast<int>(wal_bytes_max / page_bytes_);
    return Done{};
  });
}

Status SqliteStore::reopen() {
  thread_.check();
  if (path_ != memory_path) {
    drop_connection();
    needs_reopen_ = true;
    if (const Status opened = connect(false, nullptr); !opened) return opened;
  }
  needs_reopen_ = false;
  return Done{};
}

Result<Pruned> SqliteStore::prune(Wall ended_before, int rows_max) {
  return run([&]() -> Result<Pruned> { return writer_->prune(ended_before, rows_max); });
}

Result<std::int64_t> SqliteStore::used_bytes() {
  return run([&]() -> Result<std::int64_t> {
    const std::int64_t pages = sqlite::query_int(*database_, "PRAGMA page_count") -
                               sqlite::query_int(*database_, "PRAGMA freelist_count");
    return pages * page_bytes_;
  });
}

}  // namespace keeper
