// Preloaded: the wall clock and the boot-time clock run on from an offset, which the file that SHIFTED_CLOCK
// names holds as two 64-bit numbers of milliseconds, and which may be changed at any time.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <cstdint>
#include <cstdlib>

#include <atomic>

namespace {

struct Offsets {
  std::atomic<std::int64_t> wall_ms;
  std::atomic<std::int64_t> boot_ms;
};

const Offsets* offsets() {
  static const Offsets* const mapped = [] {
    const char* path = std::getenv("SHIFTED_CLOCK");
    const int file = path != nullptr ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void* at = mmap(nullptr, sizeof(Offsets), PROT_READ, MAP_SHARED, file, 0);
    if (at == MAP_FAILED) std::abort();
    return static_cast<const Offsets*>(at);
  }();
  return mapped;
}

std::int64_t offset_of(clockid_t clock) {
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) return offsets()->wall_ms;
  if (clock == CLOCK_BOOTTIME) return offsets()->boot_ms;
  return 0;
}

void shift(timespec& time, std::int64_t ms) {
  const std::int64_t total = time.tv_sec * 1'000'000'000 + time.tv_nsec + ms * 1'000'000;
  time.tv_sec = total / 1'000'000'000;
  time.tv_nsec = total % 1'000'000'000;
}

constexpr int files_max = 1024;
std::atomic<clockid_t> timer_clocks[files_max];

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, time);
  if (result == 0) shift(*time, offset_of(clock));
  return static_cast<int>(result);
}

extern "C" int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

extern "C" time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

extern "C" int timerfd_create(int clock, int flags) noexcept {
  const long file = syscall(SYS_timerfd_create, clock, flags);
  if (file >= 0 && file < files_max) timer_clocks[file] = clock;
  return static_cast<int>(file);
}

// The kernel knows nothing of the offset. A time in the past is at once.
extern "C" int timerfd_settime(int file, int flags, const itimerspec* wanted, itimerspec* old) noexcept {
  itimerspec real = *wanted;
  const bool on_boot_time = file < files_max && timer_clocks[file] == CLOCK_BOOTTIME;
  if (on_boot_time && (flags & TFD_TIMER_ABSTIME) != 0 &&
      (real.it_value.tv_sec != 0 || real.it_value.tv_nsec != 0)) {
    shift(real.it_value, -offset_of(CLOCK_BOOTTIME));
    if (real.it_value.tv_sec < 0 || real.it_value.tv_nsec < 0) real.it_value = {0, 1};
  }
  return static_cast<int>(syscall(SYS_timerfd_settime, file, flags, &real, old));
}
