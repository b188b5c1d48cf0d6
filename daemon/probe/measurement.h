// Measurement: the steps of a probe over one provider and a clock. The first session is started, looked for
// in the list, kept alive once, started a second time with the same key, and stopped twice. Where the limits
// allow it, a second session is left to its idle timeout after one heartbeat. Every start is in the journal
// before it leaves. Whatever happens, what was started is ended, or named as left. One thread, which waits.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "probe/claims.h"
#include "probe/cleaning.h"
#include "probe/conversation.h"
#include "probe/journal.h"

namespace keeper::probe {

struct Outcome {
  Findings findings;
  std::vector<std::string> words;  // the provider's words for the states, in the order in which they came
  std::vector<std::string> left;   // see clean()
  std::string broken_off;          // why the steps ended early; empty: they did not
  int started = 0;                 // sessions that are known to have been made
  Millis lived{0};                 // all of them together
};

// Makes no call after `limits.max_time` but those that clean up.
Outcome measure(Conversation& conversation, const Limits& limits, Journal& journal,
                const CleaningPorts& ports);

}  // namespace keeper::probe
