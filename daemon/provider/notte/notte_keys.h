// Notte in the configuration, both dialects: its keys, how they are read, and its facts.
// Constant, and for any thread.
#pragma once

#include "config/provider_kind.h"

namespace keeper::config {

const ProviderKind& notte_kind();

}  // namespace keeper::config
