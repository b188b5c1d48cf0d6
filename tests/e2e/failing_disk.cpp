// Preloaded: while the file that FAILING_FSYNC names is there, no flush to disk works.
#include <cerrno>
#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

namespace {

bool fails() {
  const char* flag = std::getenv("FAILING_FSYNC");
  return flag != nullptr && access(flag, F_OK) == 0;
}

int flush(const char* name, int file) {
  if (fails()) {
    errno = EIO;
    return -1;
  }
  using Call = int (*)(int);
  return reinterpret_cast<Call>(dlsym(RTLD_NEXT, name))(file);
}

}  // namespace

extern "C" int fsync(int file) { return flush("fsync", file); }
extern "C" int fdatasync(int file) { return flush("fdatasync", file); }
