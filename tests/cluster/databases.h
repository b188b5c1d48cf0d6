// A PostgreSQL primary and its standby, each on a machine of its own. The standby is synchronous, as an
// operator keeps it: nothing is acknowledged that it does not have, and only it is promoted; or asynchronous,
// so that a failover can lose what was acknowledged. Made by initdb, with fsync on; they run as another user,
// because PostgreSQL refuses to run as root.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>

#include "cluster/network.h"
#include "e2e/programs.h"

namespace keeper::cluster {

class Databases {
 public:
  enum class Standby { synchronous, asynchronous };
  // On the machines db1, the first primary, and db2.
  Databases(Network& network, const std::filesystem::path& folder, Standby standby);

  // In libpq's form, with both machines; the role owns the database and has no other right.
  std::string url() const;
  static constexpr const char* password = "of the keeper";

  const std::string& primary() const { return machines_.at(primary_); }
  const std::string& standby() const { return machines_.at(1 - primary_); }

  // What psql prints as the owner of the server, at the primary: rows by lines, columns by '|'.
  std::string ask(const std::string& sql);

  void signal_primary(int signal);
  // With its processes for the clients, as when its machine stands.
  void signal_all_of_primary(int signal);
  // Starts the primary again after it was ended.
  void restart_primary();
  void kill_standby();
  void restart_standby();
  // The old primary goes on until replace_old_primary(), and can acknowledge nothing.
  void promote();
  // It never comes back by itself: what it was is thrown away, and it becomes a copy of the new one.
  void replace_old_primary();

 private:
  std::string run_sql(const std::string& database, const std::string& sql);
  void start(std::size_t which);
  void end(std::size_t which, int signal);
  bool answers(std::size_t which);
  std::string data(std::size_t which) const;
  std::string socket(std::size_t which) const;
  void copy_primary(std::size_t which);
  std::string as_owner(const std::string& program, const std::string& arguments) const;

  Network& network_;
  const std::filesystem::path folder_;
  const std::string programs_;
  const std::string user_;
  const std::array<std::string, 2> machines_{"db1", "db2"};
  std::array<std::optional<e2e::Child>, 2> servers_;
  std::size_t primary_ = 0;
};

}  // namespace keeper::cluster
