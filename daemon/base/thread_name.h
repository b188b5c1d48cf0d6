// Names the calling thread for top -H and debuggers. A name has at most 15 bytes; the rest is cut off. Any
// thread.
#pragma once

#include <pthread.h>

#include <string>

namespace keeper {

inline void name_thread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace keeper
