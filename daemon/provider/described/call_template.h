// Call template: the calls of a description with their marks (marks.h) filled in. In paths what is filled in
// is percent-encoded. The functions keep no state, and any thread may call them.
#pragma once

#include "provider/provider_api.h"

namespace keeper {

// Where a walk over the pages of a list stands.
struct PagePlace {
  std::uint64_t page = 1;
  std::uint64_t offset = 0;
  std::string cursor{};  // empty: the first page
};

// While {cursor} is empty, a parameter of the query that is nothing else is left out, and so is a member of
// the body: many providers refuse an empty one.
ProviderCall filled_call(const Description& description, const Secret& api_key, Purpose purpose,
                         const DescribedCall& described, const Effect& effect, const PagePlace& place = {});

// Puts the tag of the effect's session at `pointer` in the start's body; an empty pointer changes nothing.
// Errors: denied, where the pointer leads through something that is no object.
Status add_tag(const std::string& pointer, const Effect& effect, ProviderCall& call);

}  // namespace keeper
