// Name servers that do not answer: getaddrinfo() of this program hangs for names that end in ".never", for as
// long as the process lives, and for `hung_name` while a Hang lives; without one that name is 127.0.0.1. All
// others the library looks up. For tests only.
#pragma once

#include <future>

namespace keeper::test {

inline constexpr const char* hung_name = "hung.example";

// One at a time.
class Hang {
 public:
  Hang();
  ~Hang() { end_.set_value(); }
  Hang(const Hang&) = delete;
  Hang& operator=(const Hang&) = delete;

 private:
  std::promise<void> end_;
};

}  // namespace keeper::test
