// Worlds whose providers answer oddly. Each call goes through carry().
#include <algorithm>

#include "sim/simulation.h"

namespace keeper::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// A delivery of the old remote can't come as late as this.
constexpr Millis id_free_after = minutes{10};
constexpr Millis known_everywhere_after = Seconds{25};
constexpr std::size_t tag_kept = 24;

bool lists(EffectKind kind) { return kind == EffectKind::find || kind == EffectKind::list; }

}  // namespace

void Simulation::shape_providers() {
  Random& random = worlds_.random;
  if (is_in(SimWorld::list_lag)) phase_faults_.list_lag = random.between(Seconds{8}, Seconds{15});
  // Orphans, which only a list shows.
  if (is_in(SimWorld::list_repeats)) phase_faults_.lose_before = phase_faults_.late = 0.3;
  if (is_in(SimWorld::created_wrong)) {
    worlds_.offset = random.between(minutes{30}, hours{12});
    if (random.chance(0.7)) worlds_.offset = -worlds_.offset;
  }
  if (!is_in(SimWorld::provider_clock)) return;
  const Millis off = random.between(-minutes{5}, minutes{5});
  for (auto& [name, provider] : providers_) provider.set_clock(off);
}

void Simulation::trouble_providers() {
  Random& random = worlds_.random;
  if (is_in(SimWorld::heartbeat_refused) && random.chance(0.1)) {
    worlds_.refused_until = now_ + random.between(minutes{1}, minutes{8});
    log("heartbeats are refused");
  }
  if (is_in(SimWorld::reads_fail) && random.chance(0.2)) {
    const Millis most = worlds_.form == 0 ? Millis{Seconds{12}} : Millis{minutes{6}};
    worlds_.unread_until = now_ + random.between(Seconds{2}, most);
    log("reads fail");
  }
  if (is_in(SimWorld::deliveries_of_others)) deliver_of_others();
}

void Simulation::deliver_of_others() {
  Random& random = worlds_.random;
  SimProvider& provider = providers_.at(ProviderName{"videosdk"});
  DeliveryRow row;
  row.provider = provider.name();
  row.remote_id = RemoteId{"another-" + std::to_string(random.below(1'000))};
  for (const SimRemote& remote : provider.remotes()) {
    if (remote.stranger && random.chance(0.3)) row.remote_id = remote.id;
  }
  constexpr Progress all[]{Progress::starting, Progress::started, Progress::stopping, Progress::ended};
  row.progress = all[random.below(4)];
  row.failed = row.progress == Progress::ended && random.chance(0.5);
  row.type = "ai-deployment-session-" + std::to_string(static_cast<int>(row.progress));
  row.key = row.type + "|" + row.remote_id.str();
  row.body = "{}";
  row.digest = row.key;
  provider.outbox().push_back({std::move(row), now_, 0});
}

std::optional<Error> Simulation::refused(SimProvider& provider, const Effect& effect) {
  const bool notte = provider.type() == ProviderType{"notte"};
  if (effect.kind == EffectKind::start && is_in(SimWorld::account_of_one) && notte) {
    const auto& all = provider.remotes();
    const bool full =
        std::any_of(all.begin(), all.end(), [](const auto& one) { return one.alive && !one.stranger; });
    if (full) return Error{ErrorKind::exhausted, "429: one session at a time", Seconds{30}};
  }
  if (effect.kind == EffectKind::keep_alive && now_ < worlds_.refused_until && worlds_.form == 0) {
    return Error{ErrorKind::denied, "400 to a heartbeat"};
  }
  if (effect.kind == EffectKind::observe && is_in(SimWorld::reads_fail)) {
    const auto& all = provider.remotes();
    const bool fresh = std::any_of(all.begin(), all.end(), [&](const SimRemote& one) {
      return one.id == effect.remote && now_ - one.created < known_everywhere_after;
    });
    const bool unknown =
        worlds_.form == 0 && fresh && healed_at_ == mono_never && worlds_.random.chance(worlds_.rate);
    if (unknown) return Error{ErrorKind::gone, "404 of a new session"};
  }
  if (effect.kind == EffectKind::observe && now_ < worlds_.unread_until) {
    if (worlds_.form == 0) return Error{ErrorKind::gone, "404"};
    return Error{worlds_.form == 1 ? ErrorKind::maybe_applied : ErrorKind::malformed, "no answer to a read"};
  }
  const bool odd = is_in(SimWorld::list_unreadable_item) && healed_at_ == mono_never;
  if (odd && lists(effect.kind) && worlds_.random.chance(worlds_.rate)) {
    return Error{ErrorKind::malformed, "an item of the list can't be read"};
  }
  return std::nullopt;
}

// A remote that lives at the provider and that a session of ours stands for.
SimRemote* Simulation::living(SimProvider& provider, const std::string& place) {
  for (SimRemote& remote : provider.remotes()) {
    if (!remote.alive || remote.stranger || remote.place != place) continue;
    const SessionRow& row = rows_.at(remote.session);
    if (row.remote_id == remote.id && !row.resolved) return &remote;
  }
  return nullptr;
}

// The new remote takes the id of one that is long forgotten. Its first deliveries are not out yet.
void Simulation::reuse_id(SimProvider& provider, Remote& told) {
  auto& remotes = provider.remotes();
  SimRemote& fresh = remotes.back();
  for (SimRemote& old : remotes) {
    const bool free =
        !old.alive && !old.stranger && now_ - old.ended > id_free_after && rows_.at(old.session).resolved;
    if (!free || old.id.str().ends_with("~")) continue;
    for (SimDelivery& delivery : provider.outbox()) {
      if (delivery.row.remote_id != fresh.id) continue;
      delivery.row.remote_id = old.id;
      delivery.row.key = delivery.row.type + "|" + old.id.str();
      delivery.row.digest = delivery.row.key;
    }
    told.id = fresh.id = old.id;
    old.id = RemoteId{old.id.str() + "~"};
    log("again the id " + fresh.id.str());
    return;
  }
}

Result<std::vector<Remote>> Simulation::carry(SimProvider& provider, const Effect& effect) {
  if (worlds_.on.empty()) return provider.apply(effect, now_, random_, faults_);
  if (auto error = refused(provider, effect)) return *std::move(error);
  Effect carried = effect;
  const bool vain = effect.kind == EffectKind::keep_alive && now_ < worlds_.refused_until;
  if (vain) carried.kind = EffectKind::observe;
  if (effect.kind == EffectKind::start && is_in(SimWorld::start_returns_living) && healed_at_ == mono_never) {
    const SimRemote* other = living(provider, effect.place);
    if (other && provider.type() != ProviderType{"sonoran_cms"} && worlds_.random.chance(worlds_.rate)) {
      carried.kind = EffectKind::observe;
      carried.remote = other->id;
    }
  }
  auto remotes = provider.apply(carried, now_, random_, faults_);
  if (!remotes.ok()) return remotes;
  const bool started = carried.kind == EffectKind::start;
  if (started && is_in(SimWorld::id_again) && worlds_.random.chance(worlds_.rate))
    reuse_id(provider, remotes->front());
  distort(provider, effect, *remotes.operator->());
  if (vain && worlds_.form == 2) remotes->front().heartbeat_error = "400 to a heartbeat";
  return remotes;
}

void Simulation::distort(const SimProvider& provider, const Effect& effect, std::vector<Remote>& remotes) {
  Random& random = worlds_.random;
  const bool healed = healed_at_ != mono_never;
  if (lists(effect.kind) && is_in(SimWorld::list_repeats)) {
    const std::size_t shown = remotes.size();
    for (std::size_t i = 0; i < shown; ++i) {
      if (!random.chance(worlds_.rate)) continue;
      Remote again = remotes[i];
      if (random.chance(0.5)) again.progress = Progress::asked, again.state = State::queued;
      remotes.push_back(std::move(again));
    }
  }
  worlds_.cut = false;
  if (effect.kind == EffectKind::find) worlds_.part_shown.erase(effect.session);
  if (lists(effect.kind) && is_in(SimWorld::list_cut) && !healed && random.chance(worlds_.rate)) {
    const std::size_t all = remotes.size();
    remotes.resize(random.below(all + 1));
    worlds_.cut = remotes.size() < all;
    if (effect.kind == EffectKind::find && worlds_.cut) worlds_.part_shown.insert(effect.session);
  }
  const bool placed = provider.type() == ProviderType{"sonoran_cms"};
  for (Remote& remote : remotes) {
    if (is_in(SimWorld::heartbeat_refused) && worlds_.form == 2) remote.last_activity_at.reset();
    if (is_in(SimWorld::created_wrong) && !placed && remote.created_at) *remote.created_at += worlds_.offset;
    if (is_in(SimWorld::tag_cut) && remote.tag) remote.tag = SessionId{remote.tag->str().substr(0, tag_kept)};
    const bool tagged = provider.type() == ProviderType{"videosdk"};
    if (effect.kind == EffectKind::start && is_in(SimWorld::start_returns_living) && tagged)
      remote.tag = effect.session;
  }
}

std::optional<Wall> Simulation::date_of(const SimProvider& provider) {
  const Wall date = std::chrono::floor<Seconds>(provider.clock(now_));
  if (!is_in(SimWorld::provider_clock) || !worlds_.random.chance(worlds_.rate)) return date;
  switch (worlds_.form) {
    case 0:
      return std::nullopt;
    case 1:
      return date - hours{1};
    default:
      return Wall{Seconds{5}};
  }
}

}  // namespace keeper::sim
