// What the leading node reads of a PostgreSQL store: the ledger, and the answers to a round's questions. Each
// is one flush, but for the ledger of a large store. The functions belong to this module and to the thread
// that uses the connection, and throw pg::Failed.
#pragma once

#include <functional>
#include <string>

#include "core/model.h"
#include "store/pg.h"
#include "store/questions.h"

namespace keeper {

// As Store::load(), as of one moment. What does not fit into the first flush comes in further ones, each
// within the limit. `goes_on` is called between two of them and after the last. It must throw unless this
// node still leads: nobody else can have written then.
Ledger load_ledger(pg::Connection& connection, const std::string& schema, Millis limit,
                   const std::function<void()>& goes_on);

// As Store::look_up().
Findings find_answers(pg::Connection& connection, const std::string& schema, const Questions& questions,
                      Millis limit);

}  // namespace keeper
