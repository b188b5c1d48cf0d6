// What the URL of a database says, as libpq reads it, and what is wrong with it. Nothing that is told shows a
// part of the URL, since what libpq cannot read, or reads in another way than it was meant, may be a
// password. Any thread; no state.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace keeper {

// By libpq's keywords, such as "host" and "dbname". Empty: it cannot be read, or has a port that is none.
std::optional<std::map<std::string, std::string>> database_url_parts(const std::string& url);

// Whether a password, or another secret that libpq knows, stands in its own text, and not in variables
// (${NAME}).
bool holds_password(const std::string& url);

// Why it must not be used, as "cannot be read; ..."; empty: it can.
std::string database_url_fault(const std::string& url);

}  // namespace keeper
