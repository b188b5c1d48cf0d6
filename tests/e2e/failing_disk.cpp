// Preloaded: while the file that FAILING_FSYNC names is there, no flush to disk works; while the file that
// HANGING_FSYNC names is there, none returns; while the file that FULL_DISK names is there, no place in a
// file can be written. The file that HANGING_OPEN names cannot even be opened: the call does not return, as
// at a mount whose server is gone.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>

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

template <class Offset>
ssize_t write_at(const char* name, int file, const void* from, size_t size, Offset at) {
  if (is_there("FULL_DISK")) {
    errno = ENOSPC;
    return -1;
  }
  using Call = ssize_t (*)(int, const void*, size_t, Offset);
  return reinterpret_cast<Call>(dlsym(RTLD_NEXT, name))(file, from, size, at);
}

}  // namespace

extern "C" int open(const char* path, int flags, ...) {
  const char* hanging = std::getenv("HANGING_OPEN");
  while (hanging != nullptr && std::strcmp(path, hanging) == 0) usleep(10'000);
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openat(AT_FDCWD, path, flags, mode);
}

extern "C" int fsync(int file) { return flush("fsync", file); }
extern "C" int fdatasync(int file) { return flush("fdatasync", file); }
extern "C" ssize_t pwrite(int file, const void* from, size_t size, off_t at) {
  return write_at("pwrite", file, from, size, at);
}
extern "C" ssize_t pwrite64(int file, const void* from, size_t size, off64_t at) {
  return write_at("pwrite64", file, from, size, at);
}
