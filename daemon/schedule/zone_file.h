// Reads the files of the system's time zone database (TZif, RFC 8536), which say what a zone's clock did and
// will do. A file lists the changes up to some year, and ends with a rule for all later times. In the "fat"
// form that year is 2037; in the "slim" form it is the year in which the rules last changed. Both forms are
// read. The function keeps no state, and any thread may call it.
#pragma once

#include <string_view>
#include <vector>

#include "schedule/posix_rule.h"

namespace keeper {

// The changes up to the end of the year `last`, ordered by `begin`, no two in a row with the same offset. The
// first one begins before any time that is asked about. Errors: malformed where the bytes are no such file,
// where the file is of the first version, which has no rule, or where it counts leap seconds.
Result<std::vector<OffsetChange>> read_zone_file(std::string_view bytes, std::chrono::year last);

}  // namespace keeper
