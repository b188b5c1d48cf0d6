#include "base/file_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "base/text.h"
#include "base/thread_name.h"

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

// Threads that wait for files which do not answer.
constexpr std::size_t left_behind_max = 16;

struct Asked {
  std::string path;
  std::string name;
  std::size_t bytes_max = 0;
  FileReader::Kind kind{};
  Clock::time_point until{};
};

Error unreadable(const Asked& asked, const std::string& why) {
  return {ErrorKind::not_applied, "cannot read " + printable(asked.name) + ": " + why};
}
Error unreadable(const Asked& asked, int code) {
  return unreadable(asked, std::generic_category().message(code));
}

// Without a writer a pipe is at its end at once; the writer may be about to come.
void wait_for_input(int file, Clock::time_point until) {
  const auto left = std::chrono::ceil<Millis>(until - Clock::now());
  pollfd ready{file, POLLIN, 0};
  ::poll(&ready, 1, static_cast<int>(std::max<Millis::rep>(left.count(), 0)));
}

Result<std::string> read_open(const Asked& asked, int file, bool is_pipe) {
  std::string content;
  std::string block(std::size_t{64} * 1024, '\0');
  while (true) {
    if (is_pipe) wait_for_input(file, asked.until);
    if (is_pipe && Clock::now() >= asked.until) return unreadable(asked, "nobody has written it to its end");
    const ssize_t got = ::read(file, block.data(), block.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return unreadable(asked, errno);
    if (got == 0) return content;
    content.append(block, 0, static_cast<std::size_t>(got));
    if (content.size() > asked.bytes_max) {
      return Error{ErrorKind::malformed, printable(asked.name) + " is larger than " +
                                             std::to_string(asked.bytes_max / 1024) + " KiB"};
    }
  }
}

Result<std::string> read_file(const Asked& asked) {
  // Non-blocking: to open a pipe would wait for its writer.
  const int file = ::open(asked.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return unreadable(asked, errno);
  const std::shared_ptr<const void> closed(nullptr, [file](const void*) { ::close(file); });
  struct stat found {};
  if (::fstat(file, &found) != 0) return unreadable(asked, errno);
  if (S_ISDIR(found.st_mode)) return unreadable(asked, EISDIR);
  const bool is_pipe = S_ISFIFO(found.st_mode);
  if (!S_ISREG(found.st_mode) && !(is_pipe && asked.kind == FileReader::Kind::file_or_pipe))
    return unreadable(asked, "it is a pipe or a device, and must be a regular file");
  return read_open(asked, file, is_pipe);
}

// The files that are being read, each by one thread: one that does not answer takes no more than that,
// however often it is asked for. Never destroyed, since threads that were left behind end when they like.
struct UnderWay {
  std::mutex mutex;
  std::condition_variable ended;
  std::set<std::string> paths;
};

UnderWay& under_way() {
  static UnderWay& one = *new UnderWay;
  return one;
}

// Empty: the thread may begin, and its path is among those under way.
std::optional<Error> begin_reading(const Asked& asked, Millis limit) {
  UnderWay& all = under_way();
  std::unique_lock lock(all.mutex);
  if (!all.ended.wait_until(lock, asked.until, [&] { return !all.paths.contains(asked.path); }))
    return unreadable(asked, "it has not answered within " + to_text(limit));
  if (all.paths.size() >= left_behind_max)
    return unreadable(asked, std::to_string(left_behind_max) + " other files still do not answer");
  all.paths.insert(asked.path);
  return std::nullopt;
}

void end_reading(const std::string& path) {
  UnderWay& all = under_way();
  const std::scoped_lock lock(all.mutex);
  all.paths.erase(path);
  all.ended.notify_all();
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max, const std::string& name) {
  return read_file({path, name, bytes_max, FileReader::Kind::file, {}});
}

Result<std::string> FileReader::read(const std::string& path, std::size_t bytes_max, const std::string& name,
                                     Kind kind) {
  const auto begin = Clock::now();
  const Asked asked{path, name, bytes_max, kind, begin + left_};
  if (left_ <= Millis{0})
    return unreadable(asked, "the files before it took all of the " + to_text(limit_) + " that there are");
  const auto charge = [&] {
    left_ = std::max(left_ - std::chrono::floor<Millis>(Clock::now() - begin), Millis{0});
  };
  if (const auto error = begin_reading(asked, limit_)) return charge(), *error;
  const auto read = std::make_shared<std::promise<Result<std::string>>>();
  std::future<Result<std::string>> done = read->get_future();
  std::thread([read, asked] {
    name_thread("file");
    Result<std::string> content = read_file(asked);
    end_reading(asked.path);
    read->set_value(std::move(content));
  }).detach();
  const bool answered = done.wait_until(asked.until) == std::future_status::ready;
  charge();
  if (answered) return done.get();
  return unreadable(asked, "it has not answered within " + to_text(limit_));
}

}  // namespace keeper
