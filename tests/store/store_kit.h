// What the store's tests share: a directory that goes with the test, example rows, and a raw look into the
// file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/model.h"
#include "store/history.h"
#include "store/store.h"

// Catch has a CHECK of its own; in a test that one is meant.
#include "catch.h"

namespace keeper::kit {

class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline Wall at(std::int64_t milliseconds) { return Wall{Millis{milliseconds}}; }

std::unique_ptr<Store> open_store(const std::string& path = ":memory:");
std::unique_ptr<History> open_history(const std::string& path);

// A queued session `n` of plan "p<n % plans>" at provider "a"; its other fields differ by n.
SessionRow session(int n, int plans = 1);
// Every field set to something of its own.
SessionRow full_session();

// The row moves to its new state, and the transition that says so.
TransitionRow created(const SessionRow& row);
TransitionRow moved(SessionRow& row, State to, Reason reason = Reason::ended_by_provider);

PlanRow plan(std::string_view name, std::int64_t known_since,
             std::optional<Wall> looked_until = std::nullopt);

DeliveryRow delivery(int n, Disposition disposition = Disposition::applied);

// The batch that creates the session and, unless `to` is queued, moves it there by way of active.
Batch story(SessionRow row, State to);

// Runs SQL on a connection of its own; the store must be closed. Returns the first column of the first row.
std::string run_sql(const std::string& path, const std::string& text);

// Makes of a store what a program of that schema would have left: the tables and columns that it knew, with
// their rows. The store must be closed.
void take_back(const std::string& path, int version);

std::int64_t must_commit(Store& store, const Batch& batch);
Ledger must_load(Store& store);
Findings must_find(Store& store, const Questions& questions);
// Whether a delivery of that key is in the store.
bool is_recorded(Store& store, const ProviderName& provider, const std::string& key);

}  // namespace keeper::kit
