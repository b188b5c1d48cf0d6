// The name of the calling thread, for top -H and debuggers: at most 15 bytes, the rest is cut off.
#pragma once

#include <pthread.h>

#include <string>

namespace keeper {

inline void name_thread(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

}  // namespace keeper
