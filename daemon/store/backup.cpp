#include "store/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/connection.h"
#include "store/sql.h"

namespace keeper {
namespace {

Error destination_error(const std::string& destination, const char* what) {
  return {ErrorKind::storage, "backup " + destination + ": " + what + ": " + std::strerror(errno)};
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

Status backup_store(const std::string& path, const std::string& destination) {
  const int made = open(destination.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) return destination_error(destination, "cannot be made");
  close(made);
  int code = 0;
  Status copied = sql::guarded(path, &code, [&]() -> Status {
    const auto database = open_for_reading(path);
    database->exec("PRAGMA query_only = OFF");  // it would forbid writing the copy, too
    SQLite::Statement statement(*database, "VACUUM INTO ?");
    sql::Binder(statement).text(destination);
    statement.exec();
    return Done{};
  });
  if (copied) copied = sync_file(destination, O_RDONLY);
  const std::size_t slash = destination.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : destination.substr(0, slash + 1);
  if (copied) copied = sync_file(directory, O_RDONLY | O_DIRECTORY);
  if (!copied) unlink(destination.c_str());
  return copied;
}

}  // namespace keeper
