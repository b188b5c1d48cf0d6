#include "net/unresolved.h"

#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

#include <mutex>
#include <string_view>

namespace keeper::test {
namespace {

std::mutex hang_mutex;
std::shared_future<void> hang_ended;

void hang(std::string_view name) {
  while (name.ends_with(".never")) ::pause();
  if (name != hung_name) return;
  std::shared_future<void> end;
  {
    const std::scoped_lock lock(hang_mutex);
    end = hang_ended;
  }
  if (end.valid()) end.wait();
}

}  // namespace

Hang::Hang() {
  const std::scoped_lock lock(hang_mutex);
  hang_ended = end_.get_future().share();
}

}  // namespace keeper::test

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  using Real = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool is_numeric = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
  if (name != nullptr && !is_numeric) keeper::test::hang(name);
  if (name != nullptr && !is_numeric && name == std::string_view(keeper::test::hung_name)) name = "127.0.0.1";
  return real(name, service, hints, found);
}
