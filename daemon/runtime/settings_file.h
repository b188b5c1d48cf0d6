// Reads the configuration file in the way of a running daemon, at its start, at a reload and for the preview
// of a reload: its secrets and variables must exist. It changes nothing and logs nothing. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/config.h"

namespace keeper {

// `text`: the file's bytes, which are then not read; `path` is its name in the messages all the same.
LoadOutcome load_for_run(const std::string& path, std::optional<std::string> text = std::nullopt);

// The settings that a reload would bring into effect in place of `old`. Errors: malformed, with the
// complaints one a line, or with the key that only a restart can change.
Result<std::shared_ptr<const Settings>> settled_for_reload(const Settings& old, LoadOutcome outcome,
                                                           const std::string& path);

}  // namespace keeper
