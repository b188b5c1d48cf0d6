#include "store/store_backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/connection.h"
#include "store/sqlite.h"

namespace keeper {
namespace {

Error destination_error(const std::string& destination, const char* what) {
  return {ErrorKind::storage, "backup " + destination + ": " + what + ": " + std::strerror(errno)};
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

Status sync_file(const std::string& path, int flags) {
  const int file = open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return destination_error(path, "cannot be opened");
  const bool synced = fsync(file) == 0;
  const Status status = synced ? Status(Done{}) : Status(destination_error(path, "cannot be synced"));
  close(file);
  return status;
}

}  // namespace

Status write_backup(const std::string& destination, const std::function<Status()>& write) {
  const int made = open(destination.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) return destination_error(destination, "cannot be made");
  close(made);
  Status written = write();
  if (written) written = sync_file(destination, O_RDONLY);
  if (written) written = sync_file(directory_of(destination), O_RDONLY | O_DIRECTORY);
  if (!written) unlink(destination.c_str());
  return written;
}

Status backup_store(const std::string& path, const std::string& destination) {
  return write_backup(destination, [&] {
    int code = 0;
    return sqlite::guarded(path, &code, [&]() -> Status {
      const auto database = open_for_reading(path);
      database->exec("PRAGMA query_only = OFF");  // it would forbid writing the copy, too
      SQLite::Statement statement(*database, "VACUUM INTO ?");
      sqlite::Binder(statement).text(destination);
      statement.exec();
      return Done{};
    });
  });
}

Result<std::shared_ptr<const BackupCopy>> BackupCopy::make(const std::string& store_path) {
  struct stat store {};
  if (stat(store_path.c_str(), &store) != 0) return destination_error(store_path, "cannot be looked at");
  const std::string path = store_path + ".backup";
  return make(path, static_cast<std::uint64_t>(store.st_size),
              [&] { return backup_store(store_path, path); });
}

Result<std::shared_ptr<const BackupCopy>> BackupCopy::make(const std::string& path, std::uint64_t bytes,
                                                           const std::function<Status()>& write) {
  const std::string directory = directory_of(path);
  struct statvfs disk {};
  if (statvfs(directory.c_str(), &disk) != 0)
    return destination_error(directory, "the free space of its disk cannot be read");
  const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  const std::uint64_t needed = bytes / 10 * 11;
  if (free < needed) {
    return Error{ErrorKind::storage, "backup: the copy may need " + std::to_string(needed) + " bytes in " +
                                         directory + ", and " + std::to_string(free) +
                                         " are free; make space first"};
  }
  unlink(path.c_str());  // what a killed daemon left
  if (const Status made = write(); !made) return made.error();
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat copy {};
  const bool good = file >= 0 && fstat(file, &copy) == 0;
  const Error failed = destination_error(path, "cannot be read");
  unlink(path.c_str());
  if (!good) {
    if (file >= 0) close(file);
    return failed;
  }
  return std::shared_ptr<const BackupCopy>(new BackupCopy(file, copy.st_size));
}

BackupCopy::~BackupCopy() { close(file_); }

std::size_t BackupCopy::read(std::int64_t offset, char* to, std::size_t room) const {
  const ssize_t count = pread(file_, to, room, offset);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

}  // namespace keeper
