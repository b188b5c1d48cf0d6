#include "base/file_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <future>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "base/text.h"
#include "base/thread_name.h"

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

// Threads that wait for files which do not answer.
constexpr int left_behind_max = 16;

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

std::atomic<int>& reading() {
  static std::atomic<int> threads{0};
  return threads;
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
  if (reading() >= left_behind_max)
    return unreadable(asked, std::to_string(left_behind_max) + " other files still do not answer");
  const auto read = std::make_shared<std::promise<Result<std::string>>>();
  std::future<Result<std::string>> done = read->get_future();
  ++reading();
  std::thread([read, asked] {
    name_thread("file");
    read->set_value(read_file(asked));
    --reading();
  }).detach();
  const bool answered = done.wait_for(left_) == std::future_status::ready;
  left_ = std::max(left_ - std::chrono::floor<Millis>(Clock::now() - begin), Millis{0});
  if (answered) return done.get();
  return unreadable(asked, "it has not answered within " + to_text(limit_));
}

}  // namespace keeper
