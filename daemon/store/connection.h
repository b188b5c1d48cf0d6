// Opens the connections to a store's file: the one that writes, whose durability settings are read back and
// checked, and those that only read. The functions are for this module alone and throw SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <memory>
#include <string>

namespace keeper {

inline constexpr const char* memory_path = ":memory:";

// Read and write, no settings yet. Makes no file.
std::unique_ptr<SQLite::Database> open_for_writing(const std::string& path);

// WAL, synchronous=FULL, no automatic checkpoints, foreign keys: set, read back, and tried out. What an
// earlier process, or a failed fsync, left in the log is visible but perhaps not on disk, and a later fsync
// would not notice: it is written once more and synced, so that whatever load() returns is durable.
void make_durable(SQLite::Database& database);

// Whether closing the connection may move the log into the main file. Not by default: only a connection
// without failures may.
void checkpoint_on_close(SQLite::Database& database, bool allowed);

struct Checkpoint {
  int log_frames = 0;   // in the WAL
  int done_frames = 0;  // of them in the main file now
};

// PASSIVE: waits for nobody.
Checkpoint run_checkpoint(SQLite::Database& database);

// The settings of an in-memory database.
void make_volatile(SQLite::Database& database);

std::unique_ptr<SQLite::Database> open_for_reading(const std::string& path);

}  // namespace keeper
