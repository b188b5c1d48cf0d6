// One suite for every kind of store. A case of the contract is written once, against a StoreWorld, and runs
// over each implementation; there are no exceptions for one of them. What only one kind of store has (files,
// locks, checkpoints) is tested beside the suite.
//
//   STORE_TEST_CASE("an empty batch gives the last seq and writes nothing") {
//     const auto store = world.open();
//     ...
//   }
#pragma once

#include <memory>
#include <string>

#include "store/store_kit.h"
#include "store/verify.h"

namespace keeper::kit {

// A place for one store, which goes with the object. Whatever fails fails the test.
class StoreWorld {
 public:
  virtual ~StoreWorld() = default;

  // The store at the place, new where there was none. Only one may be open.
  virtual std::unique_ptr<Store> open() = 0;
  virtual std::unique_ptr<History> history() = 0;
  virtual Verification verify() = 0;

  // Runs SQL that every kind of store understands, as somebody would who has the database and no respect for
  // the store's rules; the store must be closed. Returns the first column of the first row, "" for no row.
  virtual std::string sql(const std::string& text) = 0;
};

std::unique_ptr<StoreWorld> sqlite_world();
std::unique_ptr<StoreWorld> pg_world();

}  // namespace keeper::kit

#define STORE_TEST_CASE(name) STORE_TEST_CASE_AS(name, INTERNAL_CATCH_UNIQUE_NAME(store_contract))
#define STORE_TEST_CASE_AS(name, body)                                                \
  static void body(keeper::kit::StoreWorld& world);                                   \
  TEST_CASE(name " (SQLite)") { body(*keeper::kit::sqlite_world()); }                 \
  TEST_CASE(name " (PostgreSQL)", "[postgresql]") { body(*keeper::kit::pg_world()); } \
  static void body([[maybe_unused]] keeper::kit::StoreWorld& world)
