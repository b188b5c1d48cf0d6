// Opens the connections to a store's file: the one that writes, whose durability settings are read back and
// checked, and those that only read. The functions are for this module alone and throw SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <memory>
#include <string>

namespace keeper {

inline constexpr const char* memory_path = ":memory:";

// Opens the file to be read and written, without any settings. It makes no file.
std::unique_ptr<SQLite::Database> open_for_writing(const std::string& path);

// Sets WAL, synchronous=FULL, no automatic checkpoints and foreign keys, reads the settings back, and tries a
// checkpoint. What an earlier process or a failed fsync left in the log can be read but is perhaps not on
// disk, and a later fsync would report no error. It is therefore written once more and synced, so that
// whatever load() returns is durable.
void make_durable(SQLite::Database& database);

// Says whether closing the connection may move the log into the main file. It may not by default, because
// only a connection that had no failure may do it.
void checkpoint_on_close(SQLite::Database& database, bool allowed);

struct Checkpoint {
  int log_frames = 0;   // in the WAL
  int done_frames = 0;  // of them in the main file now
};

// A checkpoint in the mode PASSIVE, which waits for no reader.
Checkpoint run_checkpoint(SQLite::Database& database);

// The settings of an in-memory database.
void make_volatile(SQLite::Database& database);

std::unique_ptr<SQLite::Database> open_for_reading(const std::string& path);

}  // namespace keeper
