#include "sim/sim_provider.h"

#include <algorithm>

namespace keeper::sim {
namespace {

std::vector<Remote> one(Remote remote) { return {std::move(remote)}; }

std::string_view type_of(Progress progress, bool failed) {
  switch (progress) {
    case Progress::asked:
    case Progress::starting:
      return "ai-deployment-session-starting";
    case Progress::started:
      return "ai-deployment-session-started";
    case Progress::stopping:
      return "ai-deployment-session-stopping";
    case Progress::ended:
      break;
  }
  return failed ? "ai-deployment-session-failed" : "ai-deployment-session-stopped";
}

}  // namespace

SimRemote* SimProvider::by_id(const RemoteId& id) {
  for (SimRemote& remote : remotes_) {
    if (remote.id == id) return &remote;
  }
  return nullptr;
}

void SimProvider::announce(const SimRemote& remote, Progress progress, bool failed, Mono at) {
  if (type_ != ProviderType{"videosdk"}) return;
  DeliveryRow row;
  row.provider = name_;
  row.type = type_of(progress, failed);
  row.key = row.type + "|" + remote.id.str();
  row.progress = progress;
  row.failed = failed;
  row.remote_id = remote.id;
  row.body = "{}";
  row.digest = row.key;
  outbox_.push_back({std::move(row), at, 0});
}

void SimProvider::end(SimRemote& remote, State as, std::optional<Reason> reason, Mono now) {
  if (!remote.alive) return;
  remote.alive = false;
  remote.end = as;
  remote.end_reason = reason;
  remote.ended = now;
  remote.billed = bills_ended_ && !remote.stranger;
  announce(remote, Progress::stopping, false, now);
  announce(remote, Progress::ended, as == State::error, now);
}

void SimProvider::end_by_third_party(SimRemote& remote, State as, Mono now) {
  const Reason reason = as == State::error ? Reason::provider_failed : Reason::ended_elsewhere;
  end(remote, as, reason, now);
}

void SimProvider::expire(Mono now) {
  for (SimRemote& remote : remotes_) {
    if (!remote.alive) continue;
    if (remote.idle && now > remote.last_activity + *remote.idle) {
      end(remote, State::timed_out, Reason::idle_timeout, remote.last_activity + *remote.idle);
    } else if (remote.maximum && now > remote.created + *remote.maximum) {
      end(remote, State::timed_out, Reason::max_duration, remote.created + *remote.maximum);
    }
  }
}

void SimProvider::add_stranger(Mono now) {
  SimRemote remote;
  remote.id = RemoteId{name_.str() + "-stranger-" + std::to_string(++made_)};
  remote.stranger = true;
  remote.created = remote.last_activity = now;
  remote.active_at = now;
  remotes_.push_back(remote);
}

void SimProvider::start_late(const Effect& effect, Mono now, Random& random) {
  if (!start(effect, now, random).ok()) return;
  remotes_.back().unexpected = true;
}

Remote SimProvider::describe(const SimRemote& remote, Mono now) const {
  Remote told;
  told.id = remote.id;
  told.created_at = clock(remote.created);
  if (type_ == ProviderType{"notte"}) told.maximum = remote.maximum;
  if (tells_deadlines_) {
    if (remote.idle) told.idle_until = clock(remote.last_activity + *remote.idle);
  } else if (type_ == ProviderType{"notte"}) {
    told.last_activity_at = clock(remote.last_activity);
    told.idle_timeout = remote.idle;
  }
  if (type_ == ProviderType{"videosdk"} && !remote.stranger) told.tag = remote.session;
  if (!remote.alive) {
    told.progress = Progress::ended;
    told.state = remote.end;
    told.reason = remote.end_reason;
    told.native_status = std::string(to_string(remote.end));
    told.ended_at = clock(remote.ended);
  } else if (remote.active_at && now >= *remote.active_at) {
    told.native_status = "active";
  } else {
    told.progress = Progress::asked;
    told.state = State::queued;
    told.native_status = "queued";
  }
  return told;
}

Result<std::vector<Remote>> SimProvider::start(const Effect& effect, Mono now, Random& random, double stuck) {
  if (type_ == ProviderType{"sonoran_cms"}) {
    for (const SimRemote& other : remotes_) {
      if (other.alive && other.place == effect.place) return Error{ErrorKind::denied, "a session is active"};
    }
  }
  SimRemote remote;
  remote.id = RemoteId{name_.str() + "-" + std::to_string(++made_)};
  remote.session = effect.session;
  remote.place = effect.place;
  remote.created = remote.last_activity = now;
  remote.active_at = now;
  if (type_ == ProviderType{"notte"}) {
    remote.idle = idle_;
    remote.maximum = maximum_;
  }
  if (type_ == ProviderType{"videosdk"}) {
    remote.active_at = now + random.between(Millis{100}, Seconds{20});
    announce(remote, Progress::starting, false, now + Millis{50});
    if (random.chance(stuck)) remote.active_at.reset();
    if (remote.active_at) announce(remote, Progress::started, false, *remote.active_at);
  }
  remotes_.push_back(remote);
  return one(describe(remote, now));
}

Result<std::vector<Remote>> SimProvider::find(const Effect& effect, Mono now, const Faults& faults) {
  std::vector<Remote> found;
  for (const SimRemote& remote : remotes_) {
    if (now < remote.created + faults.list_lag || remote.removed) continue;
    const bool here = type_ != ProviderType{"sonoran_cms"} || remote.place == effect.place;
    if ((remote.alive || type_ == ProviderType{"videosdk"}) && here) found.push_back(describe(remote, now));
  }
  return found;
}

Result<std::vector<Remote>> SimProvider::list(const Effect& effect, Mono now, const Faults& faults) {
  auto found = find(effect, now, faults);
  std::erase_if(*found.operator->(), [](const Remote& remote) { return remote.progress == Progress::ended; });
  return found;
}

// The remote lives on, whatever is believed of it.
Result<std::vector<Remote>> SimProvider::lie_of_end(const Effect& effect, Mono now) {
  SimRemote* remote = by_id(effect.remote);
  if (!remote || !remote->alive) return read(effect, now, false, false);
  remote->unexpected = true;
  Remote told = describe(*remote, now);
  told.progress = Progress::ended;
  told.state = State::closed;
  told.reason = Reason::ended_by_provider;
  told.native_status = "closed";
  told.ended_at = clock(now);
  return one(std::move(told));
}

// The same by a delivery.
void SimProvider::announce_false_end(const Effect& effect, Mono now) {
  SimRemote* remote = by_id(effect.remote);
  if (!remote || !remote->alive) return;
  remote->unexpected = true;
  announce(*remote, Progress::ended, false, now);
}

Result<std::vector<Remote>> SimProvider::read(const Effect& effect, Mono now, bool touch, bool stale) {
  SimRemote* remote = by_id(effect.remote);
  const bool forgotten = type_ == ProviderType{"sonoran_cms"} && remote && !remote->alive && !stale;
  if (!remote || forgotten || remote->removed) return Error{ErrorKind::gone, "unknown session"};
  if (remote->alive && touch) remote->last_activity = now;
  Remote told = describe(*remote, now);
  if (stale && !remote->alive) {
    told.progress = Progress::started;
    told.state = State::active;
    told.reason.reset();
    told.native_status = "active";
  }
  return one(std::move(told));
}

Result<std::vector<Remote>> SimProvider::stop(const Effect& effect, Mono now) {
  SimRemote* remote = by_id(effect.remote);
  if (!remote || remote->removed) return Error{ErrorKind::gone, "unknown session"};
  end(*remote, State::closed, std::nullopt, now);
  return one(describe(*remote, now));
}

Result<std::vector<Remote>> SimProvider::clean_up(const Effect& effect) {
  SimRemote* remote = by_id(effect.remote);
  if (!remote || remote->removed) return Error{ErrorKind::gone, "unknown session"};
  if (remote->alive) return Error{ErrorKind::malformed, "409 it runs"};
  remote->billed = false;
  remote->removed = true;
  return std::vector<Remote>{};
}

Result<std::vector<Remote>> SimProvider::apply(const Effect& effect, Mono now, Random& random,
                                               const Faults& faults) {
  expire(now);
  const bool stale = random.chance(faults.stale);
  switch (effect.kind) {
    case EffectKind::start:
      return start(effect, now, random, faults.stuck);
    case EffectKind::find:
      return find(effect, now, faults);
    case EffectKind::list:
      return list(effect, now, faults);
    case EffectKind::observe:
      if (type_ != ProviderType{"sonoran_cms"} && random.chance(faults.false_end)) {
        if (type_ == ProviderType{"notte"} || random.chance(0.5)) return lie_of_end(effect, now);
        announce_false_end(effect, now);
      }
      return read(effect, now, false, stale);
    case EffectKind::keep_alive:
      return read(effect, now, true, stale);
    case EffectKind::stop:
      return stop(effect, now);
    case EffectKind::cleanup:
      return clean_up(effect);
  }
  return Error{ErrorKind::malformed, "unknown effect"};
}

}  // namespace keeper::sim
