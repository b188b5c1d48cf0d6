// The lock that makes one daemon the owner of a store, by whatever name it reaches the file. It has two
// parts. One is an flock() on the file `<store>.lock`, which holds the owner's process id. The other is an
// flock() on the store's file itself, because a link, or a mount of the file in another folder, is another
// name of the same file. SQLite's own locks (fcntl) are of another kind and do not conflict with it. Any
// thread may use it.
// The lock file is never removed, since two processes could then lock two files of that name.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace keeper {

class StoreLock {
 public:
  // Empty: another process, or another store object of this one, holds it. Error: the file cannot be made.
  static Result<std::optional<StoreLock>> take(const std::string& store_path);

  // Locks the store's file as well. The file stays open until the lock ends, which must be after SQLite has
  // closed it: closing any descriptor of the file would drop the locks that SQLite holds in this process.
  // False: another process has the file, under another name. Errors: the file cannot be opened, or it has a
  // second name (a hard link), under which SQLite would look for another write-ahead log.
  Result<bool> take_file(const std::string& store_path);

  // The holder's pid as text, "unknown" if it cannot be read.
  static std::string holder(const std::string& store_path);

  // Whether somebody holds it now. Takes and releases it where nobody does; makes no file.
  static bool is_held(const std::string& store_path);

  StoreLock(StoreLock&& other) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();

 private:
  explicit StoreLock(int file) : file_(file) {}
  int file_;
  int store_file_ = -1;
};

}  // namespace keeper
