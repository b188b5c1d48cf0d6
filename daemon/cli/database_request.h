// The database that a command is given by its options. No password is taken from the command line, where
// every user of the machine could read it. Main thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "settings/database.h"

namespace keeper {

struct DatabaseRequest {
  std::string url;
  std::string schema = PgSettings{}.schema;
  std::string password_file;  // empty: as the URL or libpq's own files say
};

bool is_database_url(std::string_view place);

// Errors: a URL that holds a password or is none; a file that cannot be read.
Result<PgSettings> database_of(const DatabaseRequest& request);

}  // namespace keeper
