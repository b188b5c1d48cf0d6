// The files of the system's time zone database (TZif, RFC 8536): what a zone's clock did and will do. A file
// says it one by one up to a year, which is 2037 in the "fat" form and the last change of the rules in the
// "slim" one, and ends with a rule for all times after that. Both are read. The function keeps no state; any
// thread.
#pragma once

#include <string_view>
#include <vector>

#include "schedule/posix_rule.h"

namespace keeper {

// Ordered by `begin`, no two in a row with the same offset, up to and with the year `last`. The first one
// begins before any time that matters. Malformed: the bytes are no such file, or one of the first version,
// which has no rule; or the file counts leap seconds.
Result<std::vector<OffsetChange>> read_zone_file(std::string_view bytes, std::chrono::year last);

}  // namespace keeper
