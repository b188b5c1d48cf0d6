// A PostgreSQL server of the tests' own: made by initdb in a folder of its own, with fsync on, reached by a
// unix socket alone, and gone with the process. As PostgreSQL refuses to run as root, it then runs as another
// user.
#pragma once

#include <string>

namespace keeper::kit {

class PgServer {
 public:
  // Of this process; started by the first call. Fails the test where PostgreSQL is not installed.
  static PgServer& shared();

  ~PgServer();
  PgServer(const PgServer&) = delete;
  PgServer& operator=(const PgServer&) = delete;

  const std::string& url() const { return url_; }

  // `how`: pg_ctl's mode of stopping, as "immediate", which is a crash. start() recovers what was committed.
  void stop(const std::string& how);
  void start();

 private:
  PgServer();
  bool run(const std::string& program, const std::string& arguments);

  std::string folder_;
  std::string programs_;
  std::string url_;
};

}  // namespace keeper::kit
