#include "runtime/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <string>

namespace keeper {
namespace {

// The listeners' connections, kept connections, the store.
constexpr rlim_t descriptors_of_others = 2048;

}  // namespace

Status raise_descriptor_limit(std::size_t calls) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return Done{};
  const rlim_t wanted = descriptors_of_others + 2 * calls;
  const rlim_t possible = std::min(wanted, files.rlim_max);
  if (files.rlim_cur < possible) {
    files.rlim_cur = possible;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
    static_cast<void>(::getrlimit(RLIMIT_NOFILE, &files));
  }
  if (files.rlim_cur >= wanted) return Done{};
  return Error{ErrorKind::not_applied, std::to_string(calls) +
                                           " calls in flight (max_concurrent of all providers) need " +
                                           std::to_string(wanted) + " descriptors, and the limit is " +
                                           std::to_string(files.rlim_cur) +
                                           ": raise LimitNOFILE of the unit, or lower max_concurrent"};
}

}  // namespace keeper
