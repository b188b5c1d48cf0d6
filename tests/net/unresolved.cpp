// A name that never resolves: names that end in ".never" hang in getaddrinfo() for as long as the process
// lives. All others are looked up as ever. For tests only.
#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

#include <string_view>

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto ours = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool is_numeric = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
  while (name != nullptr && !is_numeric && std::string_view(name).ends_with(".never")) ::pause();
  return ours(name, service, hints, found);
}
