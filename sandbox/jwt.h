// Checks VideoSDK's tokens: HS256, the expected apikey, not expired by real time.
// Any thread; no state.
#pragma once

#include <optional>
#include <string>

#include "sandbox/time.h"

namespace sandbox {

// Nothing if the token is good, else what is wrong with it.
std::optional<std::string> token_fault(const std::string& token, const std::string& api_key,
                                       const std::string& secret, Time now);
// A token as the vendor's SDK mints it, valid until `expires`.
std::string mint_token(const std::string& api_key, const std::string& secret, Time issued, Time expires);

}  // namespace sandbox
