#include "cluster/databases.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace keeper::cluster {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

// Debian keeps each version's programs in a folder of their own.
std::string newest_programs() {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    if (fs::exists(entry.path() / "bin/initdb")) found.push_back(entry.path() / "bin");
  }
  if (found.empty()) throw std::runtime_error("PostgreSQL is not installed; run tests/install-packages");
  return *std::max_element(found.begin(), found.end());
}

// A standby that is cut off is noticed within two seconds.
constexpr const char* settings = R"(
listen_addresses = '*'
shared_buffers = 16MB
max_connections = 80
wal_sender_timeout = 2s
wal_receiver_timeout = 2s
wal_retrieve_retry_interval = 200ms
wal_keep_size = 64MB
log_line_prefix = '%m [%p] '
)";

constexpr const char* admissions = R"(local all all trust
local replication all trust
host replication postgres 10.77.0.0/24 trust
host all all 10.77.0.0/24 scram-sha-256
)";

}  // namespace

Databases::Databases(Network& network, const fs::path& folder, Standby standby)
    : network_(network),
      folder_(folder),
      programs_(newest_programs()),
      user_(getpwnam("postgres") != nullptr ? "postgres" : "nobody") {
  fs::create_directory(folder_);
  const passwd* user = getpwnam(user_.c_str());
  if (user == nullptr || chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("no user for PostgreSQL");
  }
  for (std::size_t which : {0U, 1U}) {
    fs::create_directory(socket(which));
    fs::permissions(socket(which), fs::perms::all);
  }
  run_shell(
      as_owner("initdb", "-D " + data(0) + " -U postgres -A trust -E UTF8 --no-locale --no-instructions"));
  std::ofstream(data(0) + "/postgresql.conf", std::ios::app)
      << settings << "synchronous_standby_names = '" << (standby == Standby::synchronous ? "*" : "") << "'\n";
  std::ofstream(data(0) + "/pg_hba.conf") << admissions;
  start(0);
  run_sql("postgres", "CREATE ROLE keeper LOGIN PASSWORD '" + std::string(password) + "'");
  run_sql("postgres", "CREATE DATABASE keeper OWNER keeper");
  copy_primary(1);
  start(1);
}

std::string Databases::url() const {
  return "postgresql://keeper@" + network_.address(machines_[0]) + "," + network_.address(machines_[1]) +
         "/keeper?connect_timeout=2";
}

std::string Databases::data(std::size_t which) const { return folder_ / machines_.at(which); }

std::string Databases::socket(std::size_t which) const { return folder_ / ("at-" + machines_.at(which)); }

std::string Databases::as_owner(const std::string& program, const std::string& arguments) const {
  return "cd " + folder_.string() + " && setpriv --reuid=" + user_ + " --regid=$(id -g " + user_ +
         ") --clear-groups " + programs_ + "/" + program + " " + arguments;
}

void Databases::start(std::size_t which) {
  const std::string& machine = machines_.at(which);
  const std::string command = "exec setpriv --reuid=" + user_ + " --regid=$(id -g " + user_ +
                              ") --clear-groups --pdeathsig KILL " + programs_ + "/postgres -D " +
                              data(which) + " -c unix_socket_directories=" + socket(which);
  const bool is_up = e2e::eventually(seconds{60}, [&] {
    // One that was killed leaves processes that hold its memory for a moment, so that it ends at once.
    if (!servers_.at(which) || !servers_.at(which)->running()) {
      servers_.at(which).reset();
      servers_.at(which).emplace(network_.on(machine, {"/bin/sh", "-c", command}),
                                 std::map<std::string, std::string>{{"PATH", "/usr/bin:/bin:/usr/sbin"}},
                                 folder_ / (machine + ".log"));
      e2e::sleep_for(std::chrono::milliseconds{100});
    }
    return answers(which);
  });
  if (!is_up) throw std::runtime_error("no database at " + machine + ", see " + folder_.string());
}

bool Databases::answers(std::size_t which) {
  try {
    run_shell(programs_ + "/psql -h " + socket(which) + " -U postgres -Atqc 'SELECT 1' postgres");
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string Databases::ask(const std::string& sql) { return run_sql("keeper", sql); }

// Without the wait for a standby, which is not there when the roles are made.
std::string Databases::run_sql(const std::string& database, const std::string& sql) {
  const std::filesystem::path file = folder_ / "question.sql";
  std::ofstream(file) << "SET synchronous_commit = local;\n" << sql << ";\n" << std::flush;
  return run_shell(programs_ + "/psql -h " + socket(primary_) + " -U postgres -v ON_ERROR_STOP=1 -Atq -f " +
                   file.string() + " " + database);
}

void Databases::signal_primary(int signal) { servers_.at(primary_)->send(signal); }

void Databases::signal_all_of_primary(int signal) {
  const std::string pid = std::to_string(servers_.at(primary_)->pid());
  std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
  signal_primary(signal);
  for (pid_t child = 0; children >> child;) kill(child, signal);
}

void Databases::end(std::size_t which, int signal) {
  if (!servers_.at(which)) return;
  servers_.at(which)->send(SIGCONT);
  servers_.at(which)->send(signal);
  servers_.at(which)->wait(seconds{20});
  servers_.at(which).reset();
}

void Databases::restart_primary() { start(primary_); }

void Databases::kill_standby() { end(1 - primary_, SIGKILL); }

void Databases::restart_standby() { start(1 - primary_); }

void Databases::promote() {
  run_shell(as_owner("pg_ctl", "-D " + data(1 - primary_) + " -w -t 30 promote"));
  primary_ = 1 - primary_;
}

void Databases::replace_old_primary() {
  const std::size_t old = 1 - primary_;
  end(old, SIGKILL);
  fs::remove_all(data(old));
  copy_primary(old);
  start(old);
}

void Databases::copy_primary(std::size_t which) {
  const std::string source = machines_.at(1 - which);
  run_shell(as_owner("pg_basebackup", "-h " + socket(1 - which) + " -U postgres -D " + data(which) +
                                          " --checkpoint=fast --no-sync"));
  std::ofstream(data(which) + "/standby.signal");
  std::ofstream conf(data(which) + "/postgresql.auto.conf");
  conf << "primary_conninfo = 'host=" << network_.address(source)
       << " user=postgres application_name=" << machines_.at(which)
       << " connect_timeout=2'\nrecovery_target_timeline = 'latest'\n";
}

}  // namespace keeper::cluster
