// VideoSDK in the configuration: its keys, how they are read, and its facts.
// Constant, and for any thread.
#pragma once

#include "config/provider_kind.h"

namespace keeper::config {

const ProviderKind& videosdk_kind();

}  // namespace keeper::config
