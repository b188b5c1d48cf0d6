// The lock that makes one daemon the owner of a store. It is an flock() on the file `<store>.lock`, which
// holds the owner's process id. Any thread may use it. The lock file is never removed, since two processes
// could then lock two files of that name.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace keeper {

class StoreLock {
 public:
  // Empty: another process, or another store object of this one, holds it. Error: the file cannot be made.
  static Result<std::optional<StoreLock>> take(const std::string& store_path);

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
};

}  // namespace keeper
