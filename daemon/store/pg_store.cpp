#include "store/pg_store.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "settings/database_url.h"
#include "store/boot.h"
#include "store/pg_cluster.h"
#include "store/pg_reader.h"
#include "store/pg_schema.h"
#include "store/pg_writer.h"

namespace keeper {
namespace {

using std::string;

constexpr Millis connect_limit = Seconds{5};
constexpr Millis load_limit = Seconds{30};
constexpr Millis schema_limit = Seconds{30};
// After a takeover the plans have made the sessions that they want at once, and the providers are listed.
constexpr Millis begun_within = Seconds{60};

Error pg_error(const string& location, const string& what) {
  return {ErrorKind::storage, "store " + location + ": " + what};
}

}  // namespace

string pg_location(const PgSettings& settings) {
  auto parts = database_url_parts(settings.url.reveal()).value_or(std::map<string, string>{});
  return "postgresql://" + parts["host"] + "/" + parts["dbname"] + ", schema " + settings.schema;
}

PgStore::PgStore(const PgSettings& settings)
    : settings_(settings),
      location_(pg_location(settings)),
      patience_(transaction_patience(settings.lease)) {}

PgStore::~PgStore() {
  if (!connection_ || needs_reopen_ || deposed_ || fence_.epoch == 0) return;
  // Released, the lead would say that no start can leave any more; one of the leader before may.
  if (BootClock::now() < start_bound_) return;
  try {
    release_lead(*connection_, settings_.schema, fence_, patience_);
  } catch (const pg::Failed&) {
    // The lease runs out by itself.
    connection_.reset();
  }
}

Result<std::unique_ptr<PgStore>> PgStore::open(const PgSettings& settings, Refusal* refusal) {
  return begin(settings, nullptr, refusal, {});
}

Result<std::unique_ptr<PgStore>> PgStore::take_over(const PgSettings& settings, const LeadRow& seen,
                                                    Refusal* refusal, const StoreBefore& before) {
  return begin(settings, &seen, refusal, before);
}

Result<std::unique_ptr<PgStore>> PgStore::begin(const PgSettings& settings, const LeadRow* seen,
                                                Refusal* refusal, const StoreBefore& before) {
  Refusal why = Refusal::other;
  std::unique_ptr<PgStore> store(new PgStore(settings));
  store->instance_ = before.instance;
  const Status begun = store->run([&]() -> Status {
    if (const Status connected = store->connect(); !connected) return connected;
    if (const Status known = store->identify_store(&why); !known) return known;
    if (const Status durable = store->check_durability(); !durable) return durable;
    return store->take(seen, &why, before.has_lost);
  });
  if (refusal != nullptr) *refusal = begun ? Refusal::none : why;
  if (!begun) return begun.error();
  return store;
}

void PgStore::disconnect() {
  if (writer_) commits_ = std::max(commits_, writer_->acknowledged());
  writer_.reset();
  connection_.reset();
}

Status PgStore::connect() {
  disconnect();
  connection_ = pg::Connection::open(settings_.url.reveal(), settings_.password.reveal(), connect_limit);
  return Done{};
}

Status PgStore::identify_store(Refusal* refusal) {
  PgIdentity identity = identify(*connection_, settings_.schema, connect_limit);
  if (identity.blank && !instance_.empty()) {
    return pg_error(location_,
                    "was replaced by an empty schema while the daemon ran; restore it or restart "
                    "the daemon");
  }
  if (identity.blank) {
    make_store(*connection_, settings_.schema, InstanceId(draw_hex()), schema_limit);
    identity = identify(*connection_, settings_.schema, connect_limit);
  }
  if (identity.version > pg_schema_version) {
    *refusal = Refusal::newer;
    return pg_error(location_, "was written by a newer session-keeper (schema " +
                                   std::to_string(identity.version) + ", this one knows " +
                                   std::to_string(pg_schema_version) +
                                   "); install that version, or restore an older backup");
  }
  if (!identity.moved_to.empty()) {
    *refusal = Refusal::newer;
    return pg_error(location_, moved_words(identity));
  }
  if (!instance_.empty() && identity.instance != instance_) {
    return pg_error(location_,
                    "was replaced by another store while the daemon ran; put it back or restart the "
                    "daemon");
  }
  instance_ = identity.instance;
  version_ = identity.version;
  return Done{};
}

Status PgStore::check_durability() {
  const string why = why_not_durable(*connection_, settings_.durability, connect_limit);
  return why.empty() ? Status(Done{}) : Status(pg_error(location_, why));
}

Status PgStore::take(const LeadRow* seen, Refusal* refusal, bool has_lost) {
  const LeadRow row = seen != nullptr ? *seen : look_at_lead(*connection_, settings_.schema, connect_limit);
  if (seen == nullptr && !row.released) {
    *refusal = Refusal::in_use;
    return pg_error(location_, "is led by node " + row.node);
  }
  const Mono sent = BootClock::now();
  const std::optional<PgFence> fence =
      claim_lead(*connection_, settings_.schema, row,
                 {settings_.node, settings_.lease, settings_.config_hash}, patience_);
  if (!fence) {
    *refusal = Refusal::in_use;
    return pg_error(location_, "was taken by another node");
  }
  fence_ = *fence;
  hold_until(sent);
  if (!row.released) start_bound_ = BootClock::now() + settings_.pause_allowance;
  LeadRow mine = look_at_lead(*connection_, settings_.schema, connect_limit);
  if (!row.timeline.empty() && row.timeline != mine.timeline) doubted_since_ = row.timeline;
  if (has_lost || !doubted_since_.empty())
    doubt_until_ = std::max(BootClock::now(), start_bound_) + begun_within;
  if (version_ < pg_schema_version) {
    migrate(*connection_, settings_.schema, version_, fence_, mine.commits, schema_limit);
    mine = look_at_lead(*connection_, settings_.schema, connect_limit);
  }
  writer_ = std::make_unique<PgWriter>(*connection_, settings_.schema, fence_, mine);
  hold_until(writer_->forget_other_boot(boot_id(), schema_limit));
  thread_.release();
  return Done{};
}

void PgStore::hold_until(Mono sent) {
  const Mono until = sent + settings_.lease - lease_margin(settings_.lease);
  lead_until_ = until.time_since_epoch().count();
}

Mono PgStore::renew_at() const {
  return lead_until() + lease_margin(settings_.lease) - settings_.lease * 2 / 3;
}

// What the failure says of the rows, of the connection and of the lead.
ErrorKind PgStore::judge(const pg::Failed& failure) {
  const bool fenced = PgWriter::is_fenced(failure);
  if (failure.is_refusal() && !fenced) return ErrorKind::malformed;
  needs_reopen_ = true;
  if (!fenced) return ErrorKind::storage;
  try {
    const LeadRow row = look_at_lead(*connection_, settings_.schema, patience_);
    deposed_ = row.epoch != fence_.epoch || row.token != fence_.token;
  } catch (const std::runtime_error&) {
    // reopen() finds out.
  }
  return ErrorKind::storage;
}

Error PgStore::deposed() const {
  return pg_error(location_, "another node leads; the process ends, and follows when it is started again");
}

template <class Call>
auto PgStore::run(Call&& call) -> decltype(call()) {
  thread_.check();
  if (deposed_) return deposed();
  if (needs_reopen_) return pg_error(location_, "must be opened anew after an earlier failure");
  auto done = pg::guarded(location_, std::forward<Call>(call),
                          [this](const pg::Failed& failure) { return judge(failure); });
  if (needs_reopen_) disconnect();
  if (!done.ok() && deposed_) return deposed();
  return done;
}

Result<Ledger> PgStore::load(const std::function<void()>& goes_on) {
  return run([&]() -> Result<Ledger> {
    Ledger ledger = load_ledger(*connection_, settings_.schema, load_limit, [&] {
      hold_until(writer_->renew(patience_));
      goes_on();
    });
    ledger.start_bound = start_bound_;
    ledger.doubt_until = doubt_until_;
    return ledger;
  });
}

Result<std::int64_t> PgStore::commit(const Batch& batch) {
  return run([&]() -> Result<std::int64_t> {
    if (batch.empty()) return writer_->last_seq();
    try {
      hold_until(writer_->commit(batch, patience_));
    } catch (const PgMisfit&) {
      // Rows that do not go on from those of a later leader are no fault of whoever sent them.
      hold_until(writer_->renew(patience_));
      throw;
    }
    return writer_->last_seq();
  });
}

Status PgStore::probe() {
  return run([&]() -> Status {
    hold_until(writer_->renew(patience_));
    return Done{};
  });
}

Result<Findings> PgStore::look_up(const Questions& questions) {
  return run([&]() -> Result<Findings> {
    return find_answers(*connection_, settings_.schema, questions, patience_);
  });
}

// The counter falls only where the database has lost what it acknowledged.
void PgStore::look_for_loss(const LeadRow& row) {
  if (row.commits >= commits_) {
    if (lost_commits_ == 0) note_timeline(*connection_, settings_.schema, fence_, patience_);
  } else {
    lost_commits_ += commits_ - row.commits;
  }
  commits_ = row.commits;
}

// The renewal waits for whatever an earlier connection still has under way, and nothing of it can pass the
// fence afterwards. Where such a transaction came first, the counter has moved.
Status PgStore::reopen() {
  thread_.check();
  if (deposed_) return deposed();
  needs_reopen_ = false;
  const Status opened = run([&]() -> Status {
    if (const Status connected = connect(); !connected) return connected;
    Refusal ignored = Refusal::none;
    if (const Status known = identify_store(&ignored); !known) return known;
    for (int tries = 0;; ++tries) {
      const LeadRow row = look_at_lead(*connection_, settings_.schema, connect_limit);
      deposed_ = row.epoch != fence_.epoch || row.token != fence_.token;
      if (deposed_) return deposed();
      writer_ = std::make_unique<PgWriter>(*connection_, settings_.schema, fence_, row);
      try {
        hold_until(writer_->renew(patience_));
        look_for_loss(row);
        return Done{};
      } catch (const pg::Failed& failure) {
        if (!PgWriter::is_fenced(failure) || tries > 0) throw;
      }
    }
  });
  if (!opened) needs_reopen_ = true;
  return opened;
}

Result<Pruned> PgStore::prune(Wall ended_before, int rows_max) {
  return run([&]() -> Result<Pruned> { return writer_->prune(ended_before, rows_max, patience_); });
}

Result<std::int64_t> PgStore::used_bytes() {
  return run([&]() -> Result<std::int64_t> {
    const string text = pg::in_schema("SELECT bytes FROM @lead WHERE shard = 'all'", settings_.schema);
    return pg::Reader(pg::run(*connection_, text, patience_), 0).integer();
  });
}

}  // namespace keeper
