#include "store/store.h"

#include "store/connection.h"
#include "store/sqlite_store.h"

namespace keeper {

Result<std::unique_ptr<Store>> Store::open(const std::string& path, Refusal* refusal) {
  return SqliteStore::open(path, refusal);
}

Result<std::unique_ptr<Store>> Store::open_as(const std::string& path, const InstanceId& instance) {
  return SqliteStore::open_as(path, instance);
}

Result<std::unique_ptr<Store>> Store::open_in_memory(const InstanceId& instance) {
  return SqliteStore::open_as(memory_path, instance);
}

}  // namespace keeper
