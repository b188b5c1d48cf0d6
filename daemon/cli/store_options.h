// The options of the commands that copy, move and check whole stores. They are read into the requests, which
// must outlive the parsing. Main thread.
#pragma once

#include "cli/backup.h"
#include "cli/export.h"
#include "cli/move.h"
#include "cli/verification.h"

namespace CLI {
class App;
}

namespace keeper {

void add_backup_options(CLI::App& command, BackupRequest& request);
void add_export_options(CLI::App& command, ExportRequest& request);
void add_move_options(CLI::App& command, MoveRequest& request);
void add_verify_options(CLI::App& command, VerifyRequest& request);

}  // namespace keeper
