// The listening socket that the service manager holds for the webhook listener. Connections wait in it while
// no daemon runs. Main thread, once.
#pragma once

#include <optional>

namespace keeper {

// The socket named "webhook" (FileDescriptorName= of the socket unit), which is the caller's from now on;
// empty: there is none. Any other that is passed is closed, and said in the log.
std::optional<int> take_inherited_socket();

}  // namespace keeper
