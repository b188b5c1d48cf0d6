#include "sim/cluster_database.h"

#include "base/planted.h"

namespace keeper::sim {
namespace {

constexpr int prune_most = 1000;

}  // namespace

Database::Database(const InstanceId& instance, std::function<void(const std::string&)> fail)
    : instance_(instance), fail_(std::move(fail)), rows_(Store::open_in_memory(instance).value()) {}

bool Database::may(const Transaction& one) const {
  if (one.seen) return lead_.epoch == one.seen->epoch && lead_.beat == one.seen->beat;
  if (one.prune_before && planted(Bug::unfenced_prune)) return true;
  if (planted(Bug::renews_by_name)) return lead_.node == one.node && !lead_.released;
  const bool mine = lead_.epoch == one.fence.epoch && lead_.token == one.fence.token && !lead_.released;
  return mine && lead_.commits == one.commits;
}

Outcome Database::submit(const Transaction& one) {
  if (!is_up_) return Outcome::unknown;
  if (!may(one)) return Outcome::refused;
  apply(one);
  done_.push_back({one, lead_, leader_});
  if (!standby_) return Outcome::warned;
  replicated_ = done_.size();
  return Outcome::applied;
}

// A renewal that fits shows that nothing was lost since the last one.
void Database::apply(const Transaction& one) {
  lead_.timeline = std::to_string(timeline_);
  if (one.seen) {
    lead_.epoch = one.fence.epoch;
    lead_.beat = 0;
    lead_.token = one.fence.token;
    lead_.node = one.node;
    lead_.lease = one.seen->lease;
    lead_.released = false;
    leader_ = one.process;
    return;
  }
  if (one.process != leader_) fail_("28: a node writes while another one leads");
  if (one.releases) {
    lead_.released = true;
    return;
  }
  ++lead_.beat;
  ++lead_.commits;
  write(one);
}

void Database::write(const Transaction& one) {
  if (one.prune_before && !rows_->prune(*one.prune_before, prune_most).ok())
    fail_("28: rows cannot be pruned");
  if (one.batch.empty()) return;
  const std::int64_t before = lead_.last_seq;
  const Result<std::int64_t> seq = rows_->commit(one.batch);
  if (!seq) return fail_("28: rows that do not follow from those that there are: " + seq.error().what);
  lead_.last_seq = *seq;
  const auto most = before + static_cast<std::int64_t>(one.batch.transitions.size());
  if (*seq < before || *seq > most) fail_("28: seq is without gaps and in the order of the commits");
  for (const SessionRow& row : one.batch.sessions) sessions_[row.id] = row;
}

void Database::set_standby(bool there) {
  standby_ = there;
  if (there) replicated_ = done_.size();
}

void Database::promote() {
  ++timeline_;
  lost_ += done_.size() - replicated_;
  const bool loses = replicated_ < done_.size();
  done_.resize(replicated_);
  set_standby(true);
  if (!loses) return;
  const std::vector<Done> kept = std::exchange(done_, {});
  rows_ = Store::open_in_memory(instance_).value();
  sessions_.clear();
  lead_ = LeadRow{};
  leader_ = 0;
  for (const Done& one : kept) apply(one.transaction);
  done_ = kept;
}

}  // namespace keeper::sim
