#include "net/ca_file.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "base/file_reader.h"

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t bytes_max = std::size_t{4}
                                  << 20U;  // as when the configuration is checked; libcurl takes 8 MB
// While something has been read, the file gets no longer than this, and only one caller in `last_for` waits.
constexpr std::chrono::seconds patience_with_last{1};
constexpr std::chrono::seconds last_for{10};

}  // namespace

// What was read last. Outlives its CaFile while a read hangs.
struct CaFile::Last {
  explicit Last(std::string name) : path(std::move(name)) {}

  const std::string path;
  std::mutex mutex;
  std::optional<std::string> text;
  Clock::time_point trusted_until{};  // the file did not answer
};

CaFile::CaFile(std::string path)
    : last_(std::make_shared<Last>(std::move(path))), reads_([last = last_] {
        Result<std::string> text = read_whole_file(last->path, bytes_max, "ca_file " + last->path);
        const std::scoped_lock lock(last->mutex);
        if (text) last->text = *text;
        return text;
      }) {}

void CaFile::read(Clock::time_point deadline, Transfers& timers, Found found) {
  const auto now = Clock::now();
  std::unique_lock lock(last_->mutex);
  if (last_->text && now < last_->trusted_until) {
    std::string text = *last_->text;
    lock.unlock();
    return found(std::move(text));
  }
  const auto until = last_->text ? std::min(deadline, now + patience_with_last) : deadline;
  lock.unlock();
  const auto tell = [last = last_, found](const std::optional<Result<std::string>>& read) {
    if (read && *read) return found(*read);
    std::unique_lock known(last->mutex);
    if (!read) last->trusted_until = Clock::now() + last_for;
    const std::optional<std::string> text = last->text;
    known.unlock();
    if (text) return found(*text);
    const std::string why =
        read ? read->error().what : "cannot read ca_file " + last->path + ": it has not answered in time";
    found(Error{ErrorKind::denied, why});
  };
  try {
    reads_.ask(until, timers, tell);
  } catch (const std::system_error& failure) {
    tell(Result<std::string>(Error{ErrorKind::not_applied, failure.what()}));
  }
}

}  // namespace keeper
