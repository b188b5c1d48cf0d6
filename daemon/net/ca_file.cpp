#include "net/ca_file.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "base/file_reader.h"

namespace keeper {
namespace {

constexpr std::size_t bytes_max = std::size_t{4}
                                  << 20U;  // as when the configuration is checked; libcurl takes 8 MB
// While something has been read, the file gets no longer than this.
constexpr std::chrono::seconds patience_with_last{1};

}  // namespace

// What was read last. Outlives its CaFile while a read hangs.
struct CaFile::Last {
  explicit Last(std::string name) : path(std::move(name)) {}

  const std::string path;
  std::mutex mutex;
  std::optional<std::string> text;
};

CaFile::CaFile(std::string path)
    : last_(std::make_shared<Last>(std::move(path))), reads_([last = last_] {
        Result<std::string> text = read_whole_file(last->path, bytes_max, "ca_file " + last->path);
        const std::scoped_lock lock(last->mutex);
        if (text) last->text = *text;
        return text;
      }) {}

void CaFile::read(std::chrono::steady_clock::time_point deadline, Transfers& timers, Found found) {
  auto until = deadline;
  {
    const std::scoped_lock lock(last_->mutex);
    if (last_->text) until = std::min(deadline, std::chrono::steady_clock::now() + patience_with_last);
  }
  const auto tell = [last = last_, found](const std::optional<Result<std::string>>& read) {
    if (read && *read) return found(*read);
    std::unique_lock lock(last->mutex);
    const std::optional<std::string> known = last->text;
    lock.unlock();
    if (known) return found(*known);
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
