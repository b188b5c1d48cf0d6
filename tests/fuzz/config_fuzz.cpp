// A configuration file: complaints with their places, or settings; and no secret in any word of it.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "config/config.h"
#include "fuzz/fuzz.h"
#include "provider/provider_table.h"

using namespace keeper;
using namespace keeper::fuzz;

namespace {

const std::string secret = "planted-secret-5c1f";

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : fd_(memfd_create("configuration", MFD_CLOEXEC)) {
    require(fd_ >= 0 && ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
            "a file in memory");
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  // A path to a device may block, for an administrator as well; and what stands in the file is no secret.
  for (const std::string& no_good : {std::string("/dev"), std::string("/proc"), secret}) {
    if (text.find(no_good) != std::string_view::npos) return 0;
  }
  const MemoryFile file(text);
  LoadOptions options;
  options.variable = [](const std::string&) { return std::optional<std::string>(secret); };
  options.now = Wall{std::chrono::sys_days{std::chrono::November / 21 / 2026}};
  const LoadOutcome outcome = load_settings(file.path(), provider_kinds(), options);
  const int lines = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n') +
                                         std::count(text.begin(), text.end(), '\r'));
  bool wrong = false;
  for (const Problem& problem : outcome.problems) {
    wrong = wrong || problem.severity == Problem::Severity::error;
    require(!problem.message.empty() && problem.message.find(secret) == std::string::npos,
            "a complaint shows no secret");
    require(problem.line >= 0 && problem.line <= lines && problem.column >= 0,
            "a complaint has its place in the file");
  }
  require(outcome.settings.has_value() == !wrong, "settings, or an error that says why not");
  return 0;
}
