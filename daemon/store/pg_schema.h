// The tables of the PostgreSQL store and their versions. A migration may only add to what an older program
// reads ("expand"); what nobody reads any more goes in a later one ("contract"). So two versions of the
// program can use one store, and the older one never leads it. The functions throw pg::Failed.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>

#include "base/ids.h"
#include "store/pg.h"
#include "store/pg_lead.h"

namespace keeper {

// What leads from one version of the tables to the next.
struct PgStep {
  std::span<const char* const> statements;
  int readable_from;  // the oldest program that can use the tables after it
};

extern const int pg_schema_version;             // the newest that this program knows
extern const std::span<const PgStep> pg_steps;  // the one at index n leads to version n + 1

struct PgIdentity {
  bool blank = false;     // the schema has no store
  int version = 0;        // of its tables
  int readable_from = 0;  // the oldest version of a program that can read them
  InstanceId instance;
  std::string moved_to;  // the file that it was moved to (move_back.h); empty: it is here
  Wall moved_at{};
  bool is_readable() const { return !blank && readable_from <= pg_schema_version; }
};

// That no daemon may lead the store that was moved, with the cure.
std::string moved_words(const PgIdentity& identity);

PgIdentity identify(pg::Connection& connection, const std::string& schema, Millis limit);

// Statements that make the schema and all tables of a store, in the caller's transaction. `texts` must
// outlive the pipeline's run.
void add_tables(pg::Pipeline& pipeline, std::deque<std::string>& texts, const std::string& schema,
                const InstanceId& instance);

// Makes the schema and its tables. Two programs that do it at the same time make one store.
void make_store(pg::Connection& connection, const std::string& schema, const InstanceId& instance,
                Millis limit);

// Brings the tables from `version` to the newest of `steps`, in one transaction a step, which fails unless
// its sender leads. `commits`: of the row of the lead.
void migrate(pg::Connection& connection, const std::string& schema, int version, const PgFence& fence,
             std::int64_t commits, Millis limit, std::span<const PgStep> steps = pg_steps);

}  // namespace keeper
