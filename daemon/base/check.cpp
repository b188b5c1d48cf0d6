#include "base/check.h"

#include <cstdio>
#include <cstdlib>

#include "base/planted.h"
#include "base/result.h"

namespace keeper {

void check_failed(const char* condition, const char* file, int line) {
#ifdef KEEPER_PLANTED_BUGS
  throw CheckFailed{std::string(condition) + " (" + file + ":" + std::to_string(line) + ")"};
#else
  std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, condition);
  std::abort();
#endif
}

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_applied:
      return "not_applied";
    case ErrorKind::maybe_applied:
      return "maybe_applied";
    case ErrorKind::gone:
      return "gone";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::exhausted:
      return "exhausted";
    case ErrorKind::malformed:
      return "malformed";
    case ErrorKind::storage:
      return "storage";
    case ErrorKind::cut_off:
      return "cut_off";
  }
  check_failed("a known ErrorKind", __FILE__, __LINE__);
}

}  // namespace keeper
