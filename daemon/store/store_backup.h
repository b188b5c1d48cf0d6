// Backup: copies the store into one file that is whole as of one moment, through a read-only connection.
// Any thread may call it. It never changes the store; while it runs, the write-ahead log can only grow.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace keeper {

// `destination` must not exist; it is made with mode 0600, synced, and removed again if the copy fails.
Status backup_store(const std::string& path, const std::string& destination);

// What `write` puts into the new file of that name, which is treated as backup_store() does.
Status write_backup(const std::string& destination, const std::function<Status()>& write);

// A copy that is read once. Its file is in the daemon's folder and has no name, so that its space is free
// again when the object is destroyed, and also after a crash.
class BackupCopy {
 public:
  // Refused with `storage` where the disk would be left with less than a tenth of the store's size.
  static Result<std::shared_ptr<const BackupCopy>> make(const std::string& store_path);
  // The name that it has while it is made, and how many bytes it may take. `write` makes that file.
  static Result<std::shared_ptr<const BackupCopy>> make(const std::string& path, std::uint64_t bytes,
                                                        const std::function<Status()>& write);
  ~BackupCopy();
  BackupCopy(const BackupCopy&) = delete;
  BackupCopy& operator=(const BackupCopy&) = delete;

  std::int64_t size() const { return size_; }
  // Up to `room` bytes from `offset` on; 0 where they cannot be read.
  std::size_t read(std::int64_t offset, char* to, std::size_t room) const;

 private:
  BackupCopy(int file, std::int64_t size) : file_(file), size_(size) {}

  int file_;
  std::int64_t size_;
};

}  // namespace keeper
