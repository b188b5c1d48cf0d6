// The bare limit of the disk: the deliveries that `hook-load make` made, ROWS a transaction, on one thread
// that does nothing else; first into one table as a receiver needs it at least, then through the keeper's
// store with its lookups, and where a database is given, through a store in it, whose schema must be new.
//   commit_bench DIRECTORY ROWS SECONDS [URL SCHEMA]
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "load/signed_deliveries.h"
#include "provider/videosdk/videosdk_webhook.h"
#include "store/pg_store.h"

using namespace keeper;

namespace {

using Clock = std::chrono::steady_clock;

struct Work {
  std::vector<DeliveryRow> rows;
  std::size_t rows_a_transaction;
  std::chrono::duration<double> time;
};

std::vector<DeliveryRow> rows_of(const std::string& directory) {
  std::vector<DeliveryRow> rows;
  for (load::SignedDelivery& one : load::read(directory)) {
    rows.push_back(videosdk_delivery(std::move(one.body), ProviderName("agents"), wall_now()).value().row);
    rows.back().id = static_cast<std::int64_t>(rows.size());
  }
  return rows;
}

struct Speed {
  double per_second = 0;
  double cpu_us = 0;  // of this process, for each row
};

// `commit` puts the rows from one place to another on disk.
template <class Commit>
Speed measured(const Work& work, Commit&& commit) {
  const auto begin = Clock::now();
  const std::clock_t cpu_begin = std::clock();
  std::size_t done = 0;
  while (done + work.rows_a_transaction <= work.rows.size() && Clock::now() - begin < work.time) {
    commit(done, done + work.rows_a_transaction);
    done += work.rows_a_transaction;
  }
  const auto rows = static_cast<double>(done);
  const double cpu_seconds = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  return {rows / std::chrono::duration<double>(Clock::now() - begin).count(), cpu_seconds * 1e6 / rows};
}

Speed bare(const Work& work, const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec(
      "CREATE TABLE deliveries(type TEXT NOT NULL, session TEXT NOT NULL, received_at INTEGER NOT NULL, "
      "body BLOB NOT NULL, PRIMARY KEY(type, session)) STRICT");
  SQLite::Statement begin(database, "BEGIN IMMEDIATE");
  SQLite::Statement insert(database, "INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?)");
  SQLite::Statement end(database, "COMMIT");
  const auto run = [](SQLite::Statement& statement) {
    statement.exec();
    statement.reset();
  };
  return measured(work, [&](std::size_t at, std::size_t until) {
    run(begin);
    for (; at < until; ++at) {
      const DeliveryRow& row = work.rows[at];
      insert.bindNoCopy(1, row.type);
      insert.bindNoCopy(2, row.remote_id.str());
      insert.bind(3, static_cast<std::int64_t>(row.received_at.time_since_epoch().count()));
      insert.bindNoCopy(4, row.body.data(), static_cast<int>(row.body.size()));
      run(insert);
    }
    run(end);
  });
}

Speed through_store(const Work& work, const std::unique_ptr<Store>& store) {
  return measured(work, [&](std::size_t at, std::size_t until) {
    Batch batch;
    Questions questions;
    for (; at < until; ++at) {
      const DeliveryRow& row = work.rows[at];
      questions.deliveries.push_back({row.provider, row.key, row.remote_id});
      batch.deliveries.push_back(row);
    }
    const Findings findings = store->look_up(questions).value();
    for (const Seen& seen : findings.seen) {
      if (seen.delivery) throw std::runtime_error("a delivery comes twice");
    }
    store->commit(batch).value();
    if (store->checkpoint_due() && !store->checkpoint()) throw std::runtime_error("the log cannot be moved");
  });
}

PgSettings database_of(const char* url, const char* schema) {
  PgSettings settings;
  settings.url = Secret(url);
  settings.schema = schema;
  settings.node = "bench";
  settings.durability = Durability::local;
  return settings;
}

void remove_store(const std::string& path) {
  for (const char* part : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + part);
}

}  // namespace

int main(int argc, char** argv) {
  if ((argc != 4 && argc != 6) || std::atoi(argv[2]) < 1 || std::atof(argv[3]) <= 0) {
    std::cerr << "usage: commit_bench DIRECTORY ROWS SECONDS [URL SCHEMA]\n";
    return 2;
  }
  try {
    const std::string path = std::string(argv[1]) + "/commits.db";
    const Work work{rows_of(argv[1]), static_cast<std::size_t>(std::atoi(argv[2])),
                    std::chrono::duration<double>(std::atof(argv[3]))};
    remove_store(path);
    const Speed one_table = bare(work, path);
    remove_store(path);
    const Speed store = through_store(work, Store::open(path).value());
    remove_store(path);
    nlohmann::json told{{"rows", work.rows_a_transaction},
                        {"bare_per_second", one_table.per_second},
                        {"store_per_second", store.per_second},
                        {"store_cpu_us", store.cpu_us}};
    if (argc == 6) {
      const Speed database = through_store(work, PgStore::open(database_of(argv[4], argv[5])).value());
      told["database_per_second"] = database.per_second;
      told["database_cpu_us"] = database.cpu_us;
    }
    std::cout << told << "\n";
  } catch (const std::exception& failed) {
    std::cerr << "commit_bench: " << failed.what() << "\n";
    return 1;
  }
  return 0;
}
