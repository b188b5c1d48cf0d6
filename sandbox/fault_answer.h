// The answer of a provider, or of the gateway before it, that is not well.
// Any thread; no state.
#pragma once

#include "sandbox/faults.h"
#include "sandbox/wire.h"

namespace sandbox {

// `verdict.status` is set. A 307 or 308 points back to this server, where the call then passes.
Answer fault_answer(const Verdict& verdict, Provider provider, const Request& request);

// Redirected calls come back under this prefix.
inline constexpr std::string_view kRedirectPrefix = "/redirected";

}  // namespace sandbox
