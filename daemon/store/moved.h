// What is left of a store that was moved out of its file: the rows as they were, and a note of where they
// went. No program opens it again, an older one neither, because the note raises the version of the tables.
// The functions need the file's lock, or a connection of the caller's.
#pragma once

#include <string>

#include "base/result.h"

namespace SQLite {
class Database;
}

namespace keeper {

// Why the file is not opened, with the cure; for a connection to a file whose identity says that it was moved
// (schema.h). Throws SQLite::Exception.
Error moved_error(const SQLite::Database& database, const std::string& path);

// In one transaction, which is on disk afterwards. `to` is what people read: a place without secrets.
Status mark_as_moved(const std::string& path, const std::string& to);

// Makes a store of it again, as it was when it was moved. False: it was not moved. Refused where a daemon
// uses the file.
Result<bool> take_back_moved(const std::string& path);

}  // namespace keeper
