// A copy of the store in one file, whole as of one moment, made through a read-only connection. Any thread. The
// write-ahead log cannot be begun anew while it runs. Never changes the store.
#pragma once

#include <string>

#include "base/result.h"

namespace keeper {

// `destination` must not exist; it is made with mode 0600, synced, and removed again if the copy fails.
Status backup_store(const std::string& path, const std::string& destination);

}  // namespace keeper
