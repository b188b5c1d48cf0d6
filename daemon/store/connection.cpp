#include "store/connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <vector>

#include "store/sqlite.h"

namespace keeper {
namespace {

constexpr int writer_busy_ms = 2000;
constexpr int reader_busy_ms = 1000;
constexpr int chunk_bytes = 64 * 1024;  // SQLite's own files take less than 128 KiB at once

void expect(const SQLite::Database& database, const std::string& pragma, std::int64_t wanted) {
  const std::int64_t got = sqlite::query_int(database, "PRAGMA " + pragma);
  if (got != wanted) {
    throw SQLite::Exception(
        "PRAGMA " + pragma + " is " + std::to_string(got) + ", not " + std::to_string(wanted), SQLITE_ERROR);
  }
}

void throw_if(int code) {
  if (code != SQLITE_OK) throw SQLite::Exception(sqlite3_errstr(code), code);
}

std::unique_ptr<SQLite::Database> open_database(const std::string& path, int flags, int busy_ms) {
  auto database = std::make_unique<SQLite::Database>(path, flags | SQLite::OPEN_NOMUTEX, busy_ms);
  sqlite3_extended_result_codes(database->getHandle(), 1);
  int defensive = 0;
  sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, &defensive);
  return database;
}

// The pragma can answer "wal" and fail afterwards: the statement is run to its end and the code looked at.
void switch_to_wal(SQLite::Database& database) {
  SQLite::Statement statement(database, "PRAGMA journal_mode = WAL");
  std::string mode;
  while (statement.executeStep()) mode = statement.getColumn(0).getString();
  statement.reset();
  if (mode != "wal") {
    throw SQLite::Exception(
        "cannot use a write-ahead log here (journal mode " + mode + "); put it on a local file system",
        SQLITE_ERROR);
  }
}

void settle_wal(SQLite::Database& database) {
  sqlite3_file* file = nullptr;
  throw_if(sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &file));
  if (file == nullptr || file->pMethods == nullptr) return;
  sqlite3_int64 size = 0;
  throw_if(file->pMethods->xFileSize(file, &size));
  std::vector<char> chunk(chunk_bytes);
  for (sqlite3_int64 at = 0; at < size;) {
    const int length = static_cast<int>(std::min<sqlite3_int64>(chunk_bytes, size - at));
    throw_if(file->pMethods->xRead(file, chunk.data(), length, at));
    throw_if(file->pMethods->xWrite(file, chunk.data(), length, at));
    at += length;
  }
  if (size > 0) throw_if(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL));
}

// A full disk must not keep the daemon from its store: it can still read, and stop what is running.
void try_checkpoint(SQLite::Database& database) {
  int log_frames = 0;
  try {
    log_frames = run_checkpoint(database).log_frames;
  } catch (const SQLite::Exception& failure) {
    if ((failure.getErrorCode() & 0xff) != SQLITE_FULL) throw;
  }
  if (log_frames < 0)
    throw SQLite::Exception("answers that it uses a write-ahead log, but has none", SQLITE_ERROR);
}

}  // namespace

std::unique_ptr<SQLite::Database> open_for_writing(const std::string& path) {
  auto database = open_database(path, SQLite::OPEN_READWRITE, writer_busy_ms);
  checkpoint_on_close(*database, false);
  return database;
}

void checkpoint_on_close(SQLite::Database& database, bool allowed) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, allowed ? 0 : 1, nullptr);
}

void make_durable(SQLite::Database& database) {
  switch_to_wal(database);
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA wal_autocheckpoint = 0");
  database.exec("PRAGMA foreign_keys = ON");
  database.exec("PRAGMA temp_store = MEMORY");
  database.exec("PRAGMA cache_size = -8192");
  database.exec("PRAGMA journal_size_limit = 67108864");
  expect(database, "synchronous", 2);
  expect(database, "wal_autocheckpoint", 0);
  expect(database, "foreign_keys", 1);
  settle_wal(database);
  try_checkpoint(database);
}

Checkpoint run_checkpoint(SQLite::Database& database) {
  Checkpoint result;
  const int code = sqlite3_wal_checkpoint_v2(database.getHandle(), "main", SQLITE_CHECKPOINT_PASSIVE,
                                             &result.log_frames, &result.done_frames);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
    throw SQLite::Exception(database.getHandle(), code);
  }
  return result;
}

void make_volatile(SQLite::Database& database) {
  database.exec("PRAGMA foreign_keys = ON");
  expect(database, "foreign_keys", 1);
}

std::unique_ptr<SQLite::Database> open_for_reading(const std::string& path) {
  auto database = open_database(path, SQLite::OPEN_READONLY, reader_busy_ms);
  database->exec("PRAGMA query_only = ON");
  database->exec("PRAGMA cache_size = -1024");
  return database;
}

}  // namespace keeper
