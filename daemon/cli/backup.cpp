#include "cli/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "cli/control.h"
#include "store/pg_backup.h"
#include "store/verify.h"

namespace keeper {
namespace {

Error file_error(const std::string& file, const char* what) {
  return {ErrorKind::storage, file + ": " + what + ": " + std::strerror(errno)};
}

// Takes its name only when it is whole and on disk.
class NewFile {
 public:
  explicit NewFile(const std::string& name) : name_(name), part_(name + ".part") {}
  ~NewFile() {
    if (file_ < 0) return;
    close(file_);
    unlink(part_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  Status open_part() {
    if (access(name_.c_str(), F_OK) == 0) {
      return Error{ErrorKind::storage, name_ + ": is there already; give a name that is not"};
    }
    file_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return file_ < 0 ? Status(file_error(part_, "cannot be made")) : Status(Done{});
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        failure_ = file_error(part_, "cannot be written");
        return false;
      }
      size_ += count;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  const std::string& part() const { return part_; }
  const std::optional<Error>& failure() const { return failure_; }
  std::int64_t size() const { return size_; }

  Status name_it() {
    if (fsync(file_) != 0) return file_error(part_, "cannot be synced");
    if (link(part_.c_str(), name_.c_str()) != 0) return file_error(name_, "cannot be named");
    const std::size_t slash = name_.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : name_.substr(0, slash + 1);
    const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = opened >= 0 && fsync(opened) == 0;
    const Error failed = file_error(directory, "cannot be synced");
    if (opened >= 0) close(opened);
    return synced ? Status(Done{}) : Status(failed);
  }

 private:
  const std::string name_;
  const std::string part_;
  int file_ = -1;
  std::int64_t size_ = 0;
  std::optional<Error> failure_;
};

struct Taken {
  std::int64_t bytes = 0;
  std::optional<Verification> verified;
};

Result<std::optional<Verification>> verify_copy(const BackupRequest& request, const std::string& file) {
  if (!request.verify) return std::optional<Verification>{};
  Result<Verification> found = verify_store(file);
  if (!found) return found.error();
  if (found->problems.empty()) return std::optional<Verification>(*std::move(found));
  return Error{ErrorKind::storage, "the copy is not good, and is not kept: " + found->problems.front()};
}

Result<Taken> take_from_daemon(const Asking& asking, const BackupRequest& request, NewFile& file) {
  const Result<Secret> token = control_token(asking.client, request.token_file);
  if (!token) return token.error();
  if (Status opened = file.open_part(); !opened) return opened.error();
  const Status taken = asking.client.download("/api/v1/backup", *token,
                                              [&](std::string_view bytes) { return file.write(bytes); });
  if (file.failure()) return *file.failure();
  if (!taken) return taken.error();
  const auto verified = verify_copy(request, file.part());
  if (!verified) return verified.error();
  if (Status named = file.name_it(); !named) return named.error();
  return Taken{file.size(), *verified};
}

Result<Taken> take_from_database(const BackupRequest& request) {
  const Result<PgSettings> settings = database_of(request.from);
  if (!settings) return settings.error();
  if (const Status copied = backup_database(*settings, request.file); !copied) return copied.error();
  const auto verified = verify_copy(request, request.file);
  if (verified) return Taken{static_cast<std::int64_t>(std::filesystem::file_size(request.file)), *verified};
  std::filesystem::remove(request.file);
  return verified.error();
}

}  // namespace

int ask_backup(const Asking& asking, const BackupRequest& request, const Terminal& terminal) {
  NewFile file(request.file);
  const Result<Taken> taken =
      request.from.url.empty() ? take_from_daemon(asking, request, file) : take_from_database(request);
  if (!taken) {
    terminal.err << "session-keeper: " << taken.error().what << "\n";
    return 1;
  }
  if (asking.json) {
    nlohmann::ordered_json told{
        {"file", request.file}, {"size_bytes", taken->bytes}, {"verified", taken->verified.has_value()}};
    terminal.out << told.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    return 0;
  }
  terminal.out << request.file << ": " << taken->bytes << " bytes";
  if (const auto& verified = taken->verified) {
    terminal.out << ", verified: " << verified->sessions << " sessions, " << verified->transitions
                 << " transitions, " << verified->deliveries << " deliveries";
  }
  terminal.out << "\n";
  return 0;
}

}  // namespace keeper
