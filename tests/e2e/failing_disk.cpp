// Preloaded: while the file that FAILING_FSYNC names is there, no flush to disk works; while the file that
// HANGING_FSYNC names is there, none returns.
#include <dlfcn.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>

namespace {

bool is_there(const char* variable) {
  const char* flag = std::getenv(variable);
  return flag != nullptr && access(flag, F_OK) == 0;
}

int flush(const char* name, int file) {
  while (is_there("HANGING_FSYNC")) usleep(10'000);
  if (is_there("FAILING_FSYNC")) {
    errno = EIO;
    return -1;
  }
  using Call = int (*)(int);
  return reinterpret_cast<Call>(dlsym(RTLD_NEXT, name))(file);
}

}  // namespace

extern "C" int fsync(int file) { return flush("fsync", file); }
extern "C" int fdatasync(int file) { return flush("fdatasync", file); }
