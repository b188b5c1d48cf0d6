#include "store/store.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "store/connection.h"
#include "store/lock.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/store_backup.h"
#include "store/writer.h"

namespace keeper {
namespace {

InstanceId draw_instance() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, 16> bits{};
  KEEPER_CHECK(RAND_bytes(bits.data(), static_cast<int>(bits.size())) == 1);
  std::string hex;
  for (const unsigned char byte : bits) hex += {digits[byte >> 4U], digits[byte & 0xfU]};
  return InstanceId(hex);
}

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

// Of this start of the machine; empty where the system does not say.
std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

// The boot-time clock begins anew with the machine, so that its moments mean nothing afterwards.
void forget_other_boot(SQLite::Database& database, const std::string& boot) {
  if (!boot.empty() && sql::query_text(database, "SELECT boot FROM meta") == boot) return;
  SQLite::Statement same(database, "UPDATE meta SET boot = ?");
  sql::Binder(same).text(boot);
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

Store::Store(std::string path) : path_(std::move(path)) {}

Store::~Store() {
  if (database_ && !needs_reopen_) checkpoint_on_close(*database_, true);
  drop_connection();
}

void Store::drop_connection() {
  writer_.reset();
  database_.reset();
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path, Refusal* refusal) {
  set_refusal(refusal, Refusal::other);
  std::unique_ptr<Store> store(new Store(path));
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

Result<std::unique_ptr<Store>> Store::open_as(const std::string& path, const InstanceId& instance) {
  auto store = open(path);
  if (!store) return store;
  if (const Status begun = (*store)->begin_instance(instance); !begun) return begun.error();
  return store;
}

Result<std::unique_ptr<Store>> Store::open_in_memory(const InstanceId& instance) {
  return open_as(memory_path, instance);
}

Status Store::begin_instance(const InstanceId& instance) {
  return run([&]() -> Status {
    SQLite::Statement statement(*database_, "UPDATE meta SET instance = ?");
    sql::Binder(statement).text(instance);
    statement.exec();
    instance_ = instance;
    thread_.release();
    return Done{};
  });
}

Status Store::connect(bool may_create, Refusal* refusal) {
  int code = 0;
  const Status opened = sql::guarded(path_, &code, [&] { return open_connection(may_create, refusal); });
  if (!opened) drop_connection();
  return opened;
}

Status Store::open_connection(bool may_create, Refusal* refusal) {
  database_ = open_for_writing(path_);
  const StoreIdentity identity = identify(*database_);
  if (identity.blank && !may_create) {
    return file_error(path_,
                      "was replaced by an empty file while the daemon ran; restore it or restart the daemon");
  }
  if (!identity.blank && !identity.ours) {
    return file_error(path_, "is a database of another program; give another store.path");
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
  migrate(*database_, identity.version);
  SQLite::Statement meta(*database_, "INSERT OR IGNORE INTO meta(one, instance) VALUES (1, ?)");
  const InstanceId drawn = draw_instance();
  sql::Binder(meta).text(drawn);
  if (sql::query_int(*database_, "SELECT COUNT(*) FROM meta") == 0) meta.exec();
  const InstanceId found(sql::query_text(*database_, "SELECT instance FROM meta"));
  if (!instance_.empty() && found != instance_) {
    return file_error(
        path_, "was replaced by another store while the daemon ran; put it back or restart the daemon");
  }
  instance_ = found;
  forget_other_boot(*database_, boot_id());
  page_bytes_ = sql::query_int(*database_, "PRAGMA page_size");
  writer_ = std::make_unique<Writer>(*database_);
  wal_frames_ = 0;
  checkpoint_at_ = static_cast<int>(wal_bytes_max / page_bytes_);
  sqlite3_wal_hook(
      database_->getHandle(),
      [](void* store, sqlite3*, const char*, int frames) {
        return static_cast<Store*>(store)->note_wal_frames(frames);
      },
      this);
  return Done{};
}

// Fewer frames than before: the log was begun anew.
int Store::note_wal_frames(int frames) {
  if (frames < wal_frames_) checkpoint_at_ = static_cast<int>(wal_bytes_max / page_bytes_);
  wal_frames_ = frames;
  return SQLITE_OK;
}

template <class Call>
auto Store::run(Call&& call) -> decltype(call()) {
  thread_.check();
  if (needs_reopen_) return file_error(path_, "must be opened anew after an earlier failure");
  int code = 0;
  auto result = sql::guarded(path_, &code, std::forward<Call>(call));
  if (sql::spoils_connection(code)) needs_reopen_ = true;
  return result;
}

Result<Ledger> Store::load() {
  return run([&]() -> Result<Ledger> {
    Ledger ledger;
    ledger.instance = instance_;
    writer_->load(ledger);
    return ledger;
  });
}

Result<std::int64_t> Store::commit(const Batch& batch) {
  return run([&]() -> Result<std::int64_t> {
    if (!batch.empty()) writer_->commit(batch);
    return writer_->last_seq();
  });
}

Status Store::probe() {
  return run([&]() -> Status {
    writer_->probe();
    return Done{};
  });
}

Store::Lookups::Lookups(Store& store) : store_(store) {
  store_.thread_.check();
  // A failure is the first lookup's to tell.
  if (!store_.needs_reopen_) store_.database_->tryExec("BEGIN");
}

Store::Lookups::~Lookups() {
  if (store_.database_) store_.database_->tryExec("COMMIT");
}

Result<Seen> Store::seen(const ProviderName& provider, const std::string& key, const RemoteId& remote) {
  return run([&]() -> Result<Seen> { return writer_->seen(provider, key, remote); });
}

Result<std::optional<DeliveryRow>> Store::delivery(std::int64_t id) {
  return run([&]() -> Result<std::optional<DeliveryRow>> { return writer_->delivery(id); });
}

Result<std::optional<SessionId>> Store::session_of(const ProviderName& provider, const RemoteId& remote) {
  return run([&]() -> Result<std::optional<SessionId>> { return writer_->session_of(provider, remote); });
}

Result<std::optional<SessionRow>> Store::session(const SessionId& id) {
  return run([&]() -> Result<std::optional<SessionRow>> { return writer_->session(id); });
}

bool Store::checkpoint_due() const { return wal_frames_ >= checkpoint_at_; }

Status Store::checkpoint() {
  return run([&]() -> Status {
    if (path_ == memory_path) return Done{};
    run_checkpoint(*database_);
    checkpoint_at_ = wal_frames_ + static_cast<int>(wal_bytes_max / page_bytes_);
    return Done{};
  });
}

Status Store::reopen() {
  thread_.check();
  if (path_ != memory_path) {
    drop_connection();
    needs_reopen_ = true;
    if (const Status opened = connect(false, nullptr); !opened) return opened;
  }
  needs_reopen_ = false;
  return Done{};
}

Result<Pruned> Store::prune(Wall ended_before, int rows_max) {
  return run([&]() -> Result<Pruned> { return writer_->prune(ended_before, rows_max); });
}

Result<std::vector<SpentBy>> Store::spent(const Period& period, const Prices& prices) {
  return run([&]() -> Result<std::vector<SpentBy>> { return writer_->spent(period, prices); });
}

Result<std::int64_t> Store::used_bytes() {
  return run([&]() -> Result<std::int64_t> {
    const std::int64_t pages =
        sql::query_int(*database_, "PRAGMA page_count") - sql::query_int(*database_, "PRAGMA freelist_count");
    return pages * page_bytes_;
  });
}

}  // namespace keeper
