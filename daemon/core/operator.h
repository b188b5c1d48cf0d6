// What an operator's order does: start, stop, pause and resume a plan, stop a session, stop everything.
// An order is durable with its transaction, and its acknowledgement says accepted, unknown (there is no such
// plan or session) or refused (it makes no sense now; during a shutdown every order is refused). Loop thread
// only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

void on_operator_asked(Draft& draft, const OperatorAsked& asked);

}  // namespace keeper
