// A described provider (type http) in the configuration: the keys of its description, how they are read, and
// its facts. Constant, and for any thread.
#pragma once

#include "config/provider_kind.h"

namespace keeper::config {

const ProviderKind& described_kind();
const Section& fields_section();     // where a session's object says what
const Section& http_section();       // the description itself
const Section& heartbeat_section();  // its call that keeps a session alive

}  // namespace keeper::config
