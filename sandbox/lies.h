// Calls that are answered otherwise than documented, by the switches whose names begin with "lie_": what a
// probe of a provider must find out. Where none is set, a call is served as ever. One thread at a time (the
// model's lock).
#pragma once

#include "sandbox/providers.h"
#include "sandbox/world.h"

namespace sandbox {

Answer serve_with_lies(World& world, Providers& providers, const Route& route, const Request& request);

}  // namespace sandbox
