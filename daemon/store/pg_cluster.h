// What a node reads and tells over a connection of its own, whoever leads: who leads, which nodes take part,
// and what the database says of itself. It writes the node's own row and whom the leader is asked to hand
// over to, and nothing that the fence covers. It connects with its first call, and anew after one that
// failed. One thread at a time; no call waits longer than a few seconds.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/cluster.h"
#include "store/pg_lead.h"

namespace keeper {

struct ClusterRead {
  LeadRow lead;
  std::vector<NodeRow> nodes;  // by name
  DatabaseFacts database;
  std::optional<Millis> clock_offset;  // of this machine's wall clock; empty: the answer took too long to say
};

// Of the store in the schema.
struct PgKnown {
  InstanceId instance;
  bool is_known = true;     // this program knows its tables, and may lead
  bool is_readable = true;  // it can read them
  std::string moved{};      // where to, with the cure; empty: the store is here
};

// What somebody wants to know of a database before a daemon uses it.
struct DatabaseInspection {
  DatabaseFacts database;              // without its commits
  std::optional<Millis> clock_offset;  // as of ClusterRead
  std::optional<PgKnown> store;        // empty: the schema has none yet
  bool can_write = false;              // its tables, or where there are none, make them
  bool can_end_others = false;         // the server's processes of its own user, such as a paused leader's
  bool sees_standbys = false;          // and whether they are synchronous
  std::string not_durable;             // as of not_durable()
};

class PgCluster {
 public:
  // `wall`: what this machine's clock shows.
  explicit PgCluster(PgSettings settings, std::function<Wall()> wall = wall_now);
  ~PgCluster();
  PgCluster(const PgCluster&) = delete;
  PgCluster& operator=(const PgCluster&) = delete;

  // Makes the tables where there are none.
  Result<PgKnown> identify_store();

  Result<LeadRow> look();

  // Writes the row of the node's process, which began when this object was made, and takes away those of
  // processes of its name that ended before; then reads the rest. In `own`, `seen_ago` and `clock_offset`
  // count nothing.
  // `epoch`: of its own lead, whose configuration is then that of the row; 0: it does not lead.
  Result<ClusterRead> exchange(const NodeRow& own, std::int64_t epoch);

  // By name.
  Result<std::vector<NodeRow>> nodes();

  // Takes the node's own row away, for one that ends.
  Status leave(const std::string& node, const std::string& incarnation);

  // Asks the leader to hand over: to `node`, or to any where it is empty.
  Status ask_hand_over(const std::string& node);

  // Leaves word of late starts for whoever leads, of all or of none. Waits up to `limit`.
  Status leave_words(const std::vector<LateStart>& late, Millis limit);

  // The words that are there. Nothing unless the lead with this epoch still holds.
  Result<std::vector<LateStart>> words(std::int64_t epoch);

  // Takes those away that were told. Likewise.
  Status take_words(std::int64_t epoch, const std::vector<LateStart>& told);

  // Why no node may lead this database, as `durability` has it; empty: one may.
  Result<std::string> not_durable();

  // Changes nothing.
  Result<DatabaseInspection> inspect();

 private:
  template <class Call>
  auto run(Call&& call, Millis connect_limit = Seconds{5}) -> decltype(call());
  DatabaseFacts read_facts();
  std::vector<NodeRow> read_nodes();

  const PgSettings settings_;
  const std::function<Wall()> wall_;
  const std::string location_;
  const Mono began_ = BootClock::now();
  std::unique_ptr<pg::Connection> connection_;  // null: not connected
  std::optional<Millis> clock_offset_;
};

// Why commits can be lost that were acknowledged; empty: as `durability` asks. Throws pg::Failed.
std::string why_not_durable(pg::Connection& connection, Durability durability, Millis limit);

}  // namespace keeper
