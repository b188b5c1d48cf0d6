// Call template: the calls of a description with their marks filled in. In paths and in the texts of bodies
// {id} is the remote's id, {session}, {plan} and {instance} are ours; a text that is exactly {parameters}
// becomes the plan's parameters, and one that is exactly {seconds} the number of seconds that a heartbeat
// extends by. In paths what is filled in is percent-encoded. The functions keep no state,
// and any thread may call them.
#pragma once

#include "provider/provider_api.h"

namespace keeper {

// `page`: for {page} in the path of a list.
ProviderCall filled_call(const Description& description, const Secret& api_key, Purpose purpose,
                         const DescribedCall& described, const Effect& effect, int page = 1);

// Puts the tag of the effect's session at `pointer` in the start's body; an empty pointer changes nothing.
// Errors: denied, where the pointer leads through something that is no object.
Status add_tag(const std::string& pointer, const Effect& effect, ProviderCall& call);

}  // namespace keeper
