// Reads the configuration file as a running daemon needs it, whose secrets and variables must exist: at its
// start, at a reload and for the preview of a reload. The functions change nothing and log nothing. Any
// thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/config.h"

namespace keeper {

// `text`: the file's bytes, which are then not read; `path` is its name in the messages all the same.
LoadOutcome load_for_run(const std::string& path, std::optional<std::string> text = std::nullopt);

// The settings that a reload would bring into effect in place of `old`. Errors: malformed, with the
// complaints one a line, or with the key whose change needs a restart. A key that no reload brings into
// effect is never passed over: a change of it is refused.
Result<std::shared_ptr<const Settings>> settled_for_reload(const Settings& old, LoadOutcome outcome,
                                                           const std::string& path);

}  // namespace keeper
