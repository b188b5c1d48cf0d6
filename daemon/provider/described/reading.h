// Reading: what the answers of a described provider say, by the pointers of its description. The functions
// keep no state, and any thread may call them.
#pragma once

#include "core/effect.h"
#include "provider/answer_json.h"
#include "settings/settings.h"

namespace keeper {

// What stands at a pointer; null where nothing does, or where the answers are not said to tell it.
const Json& told(const Json& value, const std::string& pointer);
// The same, but an empty pointer is the whole answer.
const Json& part(const Json& answer, const std::string& pointer);

// The remote that an answer's object is about; without an id where it has none. `now`: by the provider's
// clock.
Remote described_reading(const Description& description, const Effect& effect, const Json& item, Wall now);

}  // namespace keeper
