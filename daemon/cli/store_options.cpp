#include "cli/store_options.h"

#include <CLI/CLI.hpp>

namespace keeper {
namespace {

void add_database(CLI::App& command, DatabaseRequest& request) {
  command.add_option("--schema", request.schema, "of the database")->capture_default_str();
  command.add_option("--password-file", request.password_file, "of the database's user");
}

}  // namespace

void add_backup_options(CLI::App& command, BackupRequest& request) {
  command.add_option("file", request.file, "its name; it must not exist")->required();
  command.add_flag("!--no-verify", request.verify, "do not check the copy as verify-store does");
  command.add_option("--from", request.from.url,
                     "of the store in this database instead, without a daemon: postgresql://user@host/name");
  add_database(command, request.from);
}

void add_export_options(CLI::App& command, ExportRequest& request) {
  command.add_option("--since", request.since, "recorded at this time or later (default: all)");
  command.add_option("-o,--output", request.format, "jsonl (JSON lines) or csv")
      ->check(CLI::IsMember({"jsonl", "csv"}))
      ->capture_default_str();
}

void add_move_options(CLI::App& command, MoveRequest& request) {
  command
      .add_option("--from", request.from,
                  "the file, or the database as postgresql://user@host/name; no daemon may use it")
      ->required();
  auto* to = command.add_option("--to", request.to.url,
                                "the database as postgresql://user@host/name, or a new file");
  add_database(command, request.to);
  command.add_flag("--undo", request.undo, "make a store again of the place whose store was moved")
      ->excludes(to);
}

void add_verify_options(CLI::App& command, VerifyRequest& request) {
  command.add_option("file", request.place,
                     "the store, a copy of it, or a database's URL (default: the configuration's store)");
  command.add_option("--config", request.config, "the configuration file")->capture_default_str();
  add_database(command, request.database);
}

}  // namespace keeper
