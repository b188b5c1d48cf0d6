#include "core/scenario_remotes.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace keeper::scenario {

std::optional<Progress> parse_progress(const std::string& word) {
  constexpr std::array<std::pair<std::string_view, Progress>, 4> words{{{"asked", Progress::asked},
                                                                        {"starting", Progress::starting},
                                                                        {"started", Progress::started},
                                                                        {"stopping", Progress::stopping}}};
  for (const auto& [text, progress] : words) {
    if (text == word) return progress;
  }
  return std::nullopt;
}

LiveRemote& Remotes::at(const std::string& id) {
  const auto found = remotes_.find(id);
  if (found == remotes_.end()) throw std::runtime_error("there is no remote " + id);
  return found->second;
}

LiveRemote& Remotes::start(const Effect& effect, const std::string& id, Progress progress,
                           const Config& config, Mono now) {
  LiveRemote& made = appear(effect.provider, id, now);
  made.told.progress = progress;
  made.place = effect.place;
  const auto traits = config.providers.find(effect.provider);
  if (traits != config.providers.end() && traits->second.start_scope == StartScope::free)
    made.told.tag = effect.session;
  const auto plan = config.plans.find(effect.plan);
  if (plan != config.plans.end()) {
    made.told.idle_timeout = plan->second.idle_timeout;
    made.told.maximum = plan->second.maximum;
  }
  return made;
}

LiveRemote& Remotes::appear(const ProviderName& provider, const std::string& id, Mono created) {
  LiveRemote made;
  made.told.id = RemoteId{id};
  made.provider = provider;
  made.created = made.last_activity = created;
  return remotes_.insert_or_assign(id, std::move(made)).first->second;
}

void Remotes::end(const std::string& id, State state) {
  Remote& told = at(id).told;
  told.progress = Progress::ended;
  told.state = state;
  if (state == State::error) told.detail = "the browser crashed";
}

void Remotes::become(const std::string& id, Progress progress) { at(id).told.progress = progress; }

void Remotes::expire(Mono now) {
  for (auto& [id, remote] : remotes_) {
    Remote& told = remote.told;
    if (told.progress == Progress::ended) continue;
    const bool old = told.maximum && now >= remote.created + *told.maximum;
    const bool idle = told.idle_timeout && now >= remote.last_activity + *told.idle_timeout;
    if (!old && !idle) continue;
    end(id, State::timed_out);
    told.reason = old ? Reason::max_duration : Reason::idle_timeout;
  }
}

Remote Remotes::seen(const LiveRemote& remote) const {
  Remote told = remote.told;
  told.created_at = provider_time(remote.created);
  if (told.idle_timeout) told.last_activity_at = provider_time(remote.last_activity);
  return told;
}

Result<std::vector<Remote>> Remotes::carry_out(const Effect& effect, Mono now) {
  expire(now);
  if (effect.kind == EffectKind::find || effect.kind == EffectKind::list) {
    std::vector<Remote> all;
    for (const auto& [id, remote] : remotes_) {
      const bool here = remote.provider == effect.provider && remote.place == effect.place;
      if (here && remote.told.progress != Progress::ended) all.push_back(seen(remote));
    }
    return all;
  }
  const auto found = remotes_.find(effect.remote.str());
  if (found == remotes_.end()) return Error{ErrorKind::gone, "404 no such session"};
  LiveRemote& remote = found->second;
  if (remote.told.progress != Progress::ended) {
    if (effect.kind == EffectKind::keep_alive) remote.last_activity = now;
    if (effect.kind == EffectKind::stop) end(remote.told.id.str(), State::closed);
  }
  return std::vector{seen(remote)};
}

}  // namespace keeper::scenario
