// Preloaded into a daemon: where the file that PAUSING_START names exists, the process stops itself right
// before it sends bytes that begin with the file's text, and the file is removed. So a machine that stands
// still after the last look at the lease is tried where it hurts most.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

namespace {

bool is_awaited(const void* data, size_t size) {
  const char* path = std::getenv("PAUSING_START");
  const int file = path != nullptr ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return false;
  char text[64];
  const ssize_t length = read(file, text, sizeof text);
  close(file);
  if (length <= 0 || static_cast<size_t>(length) > size) return false;
  return std::memcmp(data, text, static_cast<size_t>(length)) == 0 && unlink(path) == 0;
}

}  // namespace

extern "C" ssize_t send(int socket, const void* data, size_t size, int flags) {
  using Send = ssize_t (*)(int, const void*, size_t, int);
  static const Send real = reinterpret_cast<Send>(dlsym(RTLD_NEXT, "send"));
  if (is_awaited(data, size)) raise(SIGSTOP);
  return real(socket, data, size, flags);
}
