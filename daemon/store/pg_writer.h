// The transactions of the node that leads a PostgreSQL store: commits and retention. Each is one flush: the
// fence, the rows, COMMIT. As no statement can use the result of one before it, what SQLite reads between two
// writes is kept in memory here: of each session that is not over, what its next rows must follow. A node
// that leads is the only writer, so the memory holds until a transaction fails. It belongs to this module and
// to the thread that uses the store, and throws pg::Failed.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/model.h"
#include "store/chain.h"
#include "store/pg.h"
#include "store/pg_arrays.h"
#include "store/pg_lead.h"
#include "store/pg_statements.h"
#include "store/store.h"

namespace keeper {

// What all rows are reckoned to take, as a number of SQL: by what each is counted when it is written and
// pruned.
extern const char* const reckoned_bytes;

// What retention runs: of sessions, of deliveries without one, of missed occurrences and of messages. $1: the
// time; $2: rows at the most.
std::array<std::string, 4> prune_texts(const std::string& schema);

// The batch holds a row that must not follow what is stored; nothing was sent.
class PgMisfit : public pg::Failed {
 public:
  explicit PgMisfit(const std::string& what) : pg::Failed(what, "23000", no_statement) {}
};

class PgWriter {
 public:
  PgWriter(pg::Connection& connection, const std::string& schema, PgFence fence, const LeadRow& lead);

  // Returns when the transaction was sent: from then on the lease counts.
  Mono commit(const Batch& batch, Millis limit);
  // The fence alone.
  Mono renew(Millis limit);
  // The boot-time clock begins anew with the machine, and another node has another one, so that moments of it
  // mean nothing after a start by another boot. The limit is that of each transaction.
  Mono forget_other_boot(const std::string& boot, Millis limit);
  Pruned prune(Wall ended_before, int rows_max, Millis limit);

  std::int64_t last_seq() const { return last_seq_; }
  // The commits of the row of the lead, as the last transaction left it that was acknowledged; 0: none was.
  std::int64_t acknowledged() const { return acknowledged_; }
  // Whether the last failure was the fence's.
  static bool is_fenced(const pg::Failed& failure);

 private:
  // What is stored of a session, as far as its next rows must follow it.
  struct Stored {
    std::int64_t number = 0;
    PlanName plan;
    ProviderName provider;
    std::optional<State> state;
    bool resolved = false;
    std::string chain_head = Chain::start;
    std::vector<State> passed;  // by its transitions, in their order
  };
  using Counts = std::array<std::int64_t, all_states.size()>;
  // The rows of one session in a batch. The first is the one that may make it, the last one says how it is.
  struct Changed {
    const SessionRow* first;
    const SessionRow* last;
  };
  // One transaction on its way.
  struct Draft {
    explicit Draft(pg::Connection& connection) : pipeline(connection) {}
    pg::Pipeline pipeline;
    std::map<SessionId, Stored> sessions;
    std::vector<Changed> changed;             // in the order of their creation
    std::map<SessionId, std::size_t> places;  // in `changed`
    pg::RowArrays transitions;
    Counts counts{};
    std::int64_t seq = 0;
    std::int64_t number = 0;
    std::int64_t bytes = 0;
    std::set<SessionId> grown;  // whose chains have new heads
  };

  void find_stored(const Batch& batch, Draft& draft, Millis limit);
  void write(const Batch& batch, Draft& draft);
  void take_session(const SessionRow& row, Draft& draft);
  void take_transition(const TransitionRow& row, Draft& draft);
  void write_sessions(Draft& draft);
  void write_deliveries(const std::vector<DeliveryRow>& rows, Draft& draft);
  void write_messages(const std::vector<MessageRow>& rows, Draft& draft);
  void write_alerts(const Batch& batch, Draft& draft);
  void write_counts(Draft& draft);
  void bind_fence(pg::Parameters& to, std::int64_t transitions, std::int64_t bytes) const;
  void passed(const pg::Rows& fence);
  std::string sql(std::string_view text) const { return pg::in_schema(text, schema_); }

  pg::Connection& connection_;
  const std::string schema_;
  const PgFence fence_;
  std::int64_t last_seq_;
  std::int64_t commits_;
  std::int64_t acknowledged_ = 0;
  std::int64_t last_number_ = -1;  // of sessions; -1: not asked yet
  Chain chain_;
  std::map<SessionId, Stored> stored_;

  const PgStatements texts_;
};

}  // namespace keeper
