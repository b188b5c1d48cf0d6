// The files of the time zone database, as bytes. What they say is read in schedule/zone_file, which itself
// reads no file. The functions keep no state; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace keeper {

// What TZDIR names, as for the C library, or /usr/share/zoneinfo.
std::string system_zone_folder();

// gone: there is no file of that name. storage: it cannot be read. `name` is relative to the folder, and the
// caller has made sure that it does not lead out of it.
Result<std::string> read_zone_bytes(const std::string& folder, std::string_view name);

// The names of all files in the folder and below, sorted; empty where there is no folder.
std::vector<std::string> zone_files(const std::string& folder);

}  // namespace keeper
