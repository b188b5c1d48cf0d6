#include "store/history.h"

#include "store/sqlite_history.h"

namespace keeper {

Result<std::unique_ptr<History>> History::open(const std::string& path, Millis read_limit) {
  return SqliteHistory::open(path, read_limit);
}

}  // namespace keeper
