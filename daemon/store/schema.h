// The tables of the store and their versions. The writing connection alone migrates a file; a reader calls
// identify() to learn whether it can read one. The functions throw SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

namespace keeper {

inline constexpr int store_application_id = 0x534b7072;  // "SKpr"
extern const int store_version;                          // of the newest schema that this program knows

// What the version of a file's tables is raised by when its store is moved elsewhere (moved.h).
inline constexpr int moved_version = 1'000'000;

// What a database file says of itself.
struct StoreIdentity {
  bool blank = false;  // a database without any table
  bool ours = false;   // carries our application id
  int version = 0;     // PRAGMA user_version
  bool is_moved() const { return ours && version > moved_version; }
};

// Throws SQLite::Exception.
StoreIdentity identify(const SQLite::Database& database);

// Brings the schema from `version` to `newest`, one transaction a step. Throws SQLite::Exception.
void migrate(SQLite::Database& database, int version, int newest = store_version);

// Gives a blank database the newest schema, as a copy of one that the process makes only once: a store in
// memory may live for less time than making its tables takes. Throws SQLite::Exception.
void copy_newest(SQLite::Database& blank);

}  // namespace keeper
