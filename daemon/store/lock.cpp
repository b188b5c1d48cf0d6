#include "store/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace keeper {
namespace {

// Beside the true file, where the store's path is a symbolic link.
std::string lock_path(const std::string& store_path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(store_path.c_str(), nullptr), std::free);
  return (real ? std::string(real.get()) : store_path) + ".lock";
}

// The pid is for people; a full disk must not keep the daemon from its store.
void write_pid(int file) {
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(file, 0) != 0 || pwrite(file, pid.data(), pid.size(), 0) < 0) return;
}

}  // namespace

Result<std::optional<StoreLock>> StoreLock::take(const std::string& store_path) {
  const std::string path = lock_path(store_path);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    return Error{ErrorKind::storage, "store " + store_path + ": cannot open its lock file " + path + ": " +
                                         std::strerror(errno) + "; check the directory's owner and mode"};
  }
  StoreLock lock(file);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::optional<StoreLock>{};
    return Error{ErrorKind::storage, "store " + store_path + ": cannot lock " + path + ": " +
                                         std::strerror(errno) + "; use a local file system"};
  }
  write_pid(file);
  return std::optional<StoreLock>(std::move(lock));
}

Result<bool> StoreLock::take_file(const std::string& store_path) {
  const auto failed = [&](const std::string& what) {
    return Error{ErrorKind::storage, "store " + store_path + ": " + what};
  };
  store_file_ = open(store_path.c_str(), O_RDWR | O_CLOEXEC);
  if (store_file_ < 0) return failed(std::string("cannot be opened: ") + std::strerror(errno));
  struct stat found {};
  if (fstat(store_file_, &found) != 0)
    return failed(std::string("cannot be looked at: ") + std::strerror(errno));
  if (found.st_nlink > 1) {
    return failed(
        "has another name as well (a hard link), and its write-ahead log would be found under one of them "
        "only; "
        "remove the other name, or copy the file");
  }
  if (flock(store_file_, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return failed(std::string("cannot be locked: ") + std::strerror(errno) + "; use a local file system");
}

std::string StoreLock::holder(const std::string& store_path) {
  const int file = open(lock_path(store_path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return "unknown";
  std::array<char, 24> text{};
  const ssize_t length = read(file, text.data(), text.size());
  close(file);
  std::string pid;
  for (ssize_t i = 0; i < length && text[static_cast<std::size_t>(i)] >= '0'; ++i) {
    if (text[static_cast<std::size_t>(i)] > '9') break;
    pid += text[static_cast<std::size_t>(i)];
  }
  return pid.empty() ? "unknown" : pid;
}

bool StoreLock::is_held(const std::string& store_path) {
  const int file = open(lock_path(store_path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return false;
  const bool held = flock(file, LOCK_SH | LOCK_NB) != 0;
  close(file);
  return held;
}

StoreLock::StoreLock(StoreLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)), store_file_(std::exchange(other.store_file_, -1)) {}

StoreLock::~StoreLock() {
  if (store_file_ >= 0) close(store_file_);
  if (file_ >= 0) close(file_);
}

}  // namespace keeper
