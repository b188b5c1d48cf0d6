// Reading: what the answers of a described provider say, by the pointers of its description. The functions
// keep no state, and any thread may call them.
#pragma once

#include "core/effect.h"
#include "provider/answer_json.h"
#include "settings/settings.h"

namespace keeper {

// Null: nothing stands there.
const Json* standing_at(const Json& value, const std::string& pointer);
// What stands at the first of the pointers at which anything but null stands, else null.
const Json& told(const Json& value, const Pointers& pointers);
// What stands at the pointer, else null; an empty pointer is the whole answer.
const Json& part(const Json& answer, const std::string& pointer);
// A text as it is, numbers and truths as JSON writes them, else empty.
std::string word_in(const Json& value);

// The remote that an answer's object is about; without an id where it has none. `now`: by the provider's
// clock.
Remote described_reading(const Description& description, const Effect& effect, const Json& item, Wall now);

}  // namespace keeper
