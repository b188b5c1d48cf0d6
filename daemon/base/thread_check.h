// ThreadCheck: a member of an object that belongs to one thread. A use from another thread ends the process,
// in every build. The thread that uses it first is the owner.
#pragma once

#include <thread>

#include "base/check.h"

namespace keeper {

class ThreadCheck {
 public:
  // The first thread that calls is the owner.
  void check() const {
    if (owner_ == std::thread::id{}) owner_ = std::this_thread::get_id();
    KEEPER_CHECK(owner_ == std::this_thread::get_id());
  }

  void release() const { owner_ = std::thread::id{}; }

 private:
  mutable std::thread::id owner_{};
};

}  // namespace keeper
