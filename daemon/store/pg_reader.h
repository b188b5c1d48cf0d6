// What the leading node reads of a PostgreSQL store: the ledger, and the answers to a round's questions. Each
// is one flush, however much is asked. The functions belong to this module and to the thread that uses the
// connection, and throw pg::Failed.
#pragma once

#include <string>

#include "core/model.h"
#include "store/pg.h"
#include "store/questions.h"

namespace keeper {

// As Store::load(), as of one moment.
Ledger load_ledger(pg::Connection& connection, const std::string& schema, Millis limit);

// As Store::look_up().
Findings find_answers(pg::Connection& connection, const std::string& schema, const Questions& questions,
                      Millis limit);

}  // namespace keeper
