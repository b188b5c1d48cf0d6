// Cleaning: ends what a journal says was started, the running probe's own or what a killed one left. A remote
// whose id is written down is stopped until a read shows that it is over. A start of which no id is known is
// looked for by its tag; where remotes carry none, by the time of its creation, and then it is taken only if
// it alone fits, was not listed before the start, and is not in the daemon's ledger. Nothing else is ever
// stopped. One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "probe/conversation.h"
#include "probe/journal.h"

namespace keeper::probe {

struct CleaningPorts {
  // Whether the daemon's ledger has a session with this remote.
  std::function<bool(const RemoteId&)> is_kept = [](const RemoteId&) { return false; };
  std::function<void(const std::string&)> tell = [](const std::string&) {};
};

// What is left, a line each with what to do about it; empty: nothing is, and the journal says so. It tries
// for `patience`, or until Pace::wait() says that it is to end.
std::vector<std::string> clean(Conversation& conversation, Journal& journal, Millis patience,
                               const CleaningPorts& ports);

}  // namespace keeper::probe
