#include "cli/database_request.h"

#include "base/file_reader.h"
#include "settings/database_url.h"

namespace keeper {
namespace {

constexpr std::size_t password_bytes_max = 4096;

}  // namespace

bool is_database_url(std::string_view place) {
  return place.starts_with("postgresql://") || place.starts_with("postgres://");
}

Result<PgSettings> database_of(const DatabaseRequest& request) {
  // What is no URL is not repeated: it may be a password that was put in the wrong place.
  if (!is_database_url(request.url))
    return Error{ErrorKind::malformed, "the database must be given as postgresql://user@host/name"};
  if (holds_password(request.url)) {
    return Error{ErrorKind::malformed,
                 "the database's URL holds a password, which others could see; give it with --password-file"};
  }
  if (const std::string fault = database_url_fault(request.url); !fault.empty())
    return Error{ErrorKind::malformed, "the database's URL " + fault};
  PgSettings settings;
  settings.url = Secret(request.url);
  settings.schema = request.schema;
  if (request.password_file.empty()) return settings;
  Result<std::string> password =
      read_whole_file(request.password_file, password_bytes_max, "--password-file");
  if (!password) return password.error();
  while (password->ends_with('\n') || password->ends_with('\r')) password->pop_back();
  settings.password = Secret(*std::move(password));
  return settings;
}

}  // namespace keeper
