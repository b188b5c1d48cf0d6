// Sonoran CMS in the configuration: its keys, how they are read, its facts and its limits.
// Constant, and for any thread.
#pragma once

#include "config/provider_kind.h"

namespace keeper::config {

const ProviderKind& sonoran_cms_kind();

}  // namespace keeper::config
