#include "cli/move.h"

#include <ostream>

#include "store/move_back.h"
#include "store/move_store.h"
#include "store/moved.h"
#include "store/pg_store.h"

namespace keeper {
namespace {

int not_moved(const Terminal& terminal, const Error& error, int code) {
  terminal.err << "session-keeper: " << error.what << "\n";
  return code;
}

// The settings of the database that the store is moved from.
Result<PgSettings> source_of(const MoveRequest& request) {
  DatabaseRequest source = request.to;
  source.url = request.from;
  return database_of(source);
}

int undo_move(const MoveRequest& request, const Terminal& terminal) {
  std::string place = request.from;
  Result<bool> taken_back = false;
  if (is_database_url(request.from)) {
    const Result<PgSettings> settings = source_of(request);
    if (!settings) return not_moved(terminal, settings.error(), exit_usage);
    place = pg_location(*settings);
    taken_back = take_back_moved(*settings);
  } else {
    taken_back = take_back_moved(request.from);
  }
  if (!taken_back) return not_moved(terminal, taken_back.error(), 1);
  terminal.out << place
               << (*taken_back ? ": is a store again, as it was when it was moved\n" : ": was not moved\n");
  return 0;
}

void show(const MovedStore& moved, const std::string& file, const std::string& place,
          const Terminal& terminal) {
  terminal.out << file << ": moved to " << place << ", verified: " << moved.verified.sessions << " sessions, "
               << moved.verified.transitions << " transitions, " << moved.verified.deliveries
               << " deliveries\n";
  if (moved.changed_texts > 0) {
    terminal.out
        << moved.changed_texts
        << " texts are not UTF-8 or hold a NUL, which PostgreSQL cannot keep: they have \\xNN there\n";
  }
  if (moved.chained_anew > 0) {
    terminal.out
        << "the hashes of " << moved.chained_anew
        << " sessions cover such texts and were made anew, after those of the file had been verified\n";
  }
  terminal.out << "the file is kept, and no daemon opens it any more; give store.url in its place\n";
}

int run_move_back(const MoveRequest& request, const Terminal& terminal) {
  const Result<PgSettings> settings = source_of(request);
  if (!settings) return not_moved(terminal, settings.error(), exit_usage);
  if (is_database_url(request.to.url))
    return not_moved(terminal, {ErrorKind::malformed, "--from URL needs a file after --to"}, exit_usage);
  const Result<Verification> moved = move_back(*settings, request.to.url);
  if (!moved) return not_moved(terminal, moved.error(), 1);
  terminal.out << pg_location(*settings) << ": moved to " << request.to.url
               << ", verified: " << moved->sessions << " sessions, " << moved->transitions << " transitions, "
               << moved->deliveries << " deliveries\n"
               << "the rows are kept there, and no daemon leads them any more; give store.path in place of "
                  "store.url\n";
  return 0;
}

}  // namespace

int run_move(const MoveRequest& request, const Terminal& terminal) {
  if (request.undo) return undo_move(request, terminal);
  if (request.to.url.empty()) {
    return not_moved(terminal, {ErrorKind::malformed, "move-store needs --to URL, --to FILE, or --undo"},
                     exit_usage);
  }
  if (is_database_url(request.from)) return run_move_back(request, terminal);
  const Result<PgSettings> settings = database_of(request.to);
  if (!settings) return not_moved(terminal, settings.error(), exit_usage);
  const Result<MovedStore> moved = move_store(request.from, *settings);
  if (!moved) return not_moved(terminal, moved.error(), 1);
  show(*moved, request.from, pg_location(*settings), terminal);
  return 0;
}

}  // namespace keeper
