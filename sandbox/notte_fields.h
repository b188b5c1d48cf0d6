// The body of Notte's start, checked as FastAPI and pydantic would.
// Any thread; no state.
#pragma once

#include <string>

#include "sandbox/remote.h"

namespace sandbox {

struct NotteFields {
  NotteSession session;
  // One entry for each thing wrong, in pydantic's shape; empty if all is well.
  Json issues = Json::array();
};

NotteFields read_notte_fields(const std::string& body, bool strict, int max_duration_cap);
Json notte_issue(Json location, const std::string& message, const std::string& type, Json input);
// {"message": "Validation error", "detail": issues}
Json notte_validation_error(Json issues);

}  // namespace sandbox
