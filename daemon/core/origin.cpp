#include "core/origin.h"

#include <algorithm>

#include "base/planted.h"
#include "core/provider_time.h"

namespace keeper {
namespace {

// A start that was given up is not stretched to cover what is a little older.
constexpr Millis absent_slack = Seconds{2};
// Notte's slowest create took 191 s.
constexpr Millis late_start_max = std::chrono::minutes{5};
// The age of what a start may have made that somebody else is said to have made.
constexpr Millis started_lately = std::chrono::minutes{2};
// After a reboot: how far the provider's clock and ours may differ.
constexpr Millis skew_max = std::chrono::minutes{2};

enum class Origin { this_start, another, unclear };

bool was_listed_before(const Draft& draft, const SweepKey& key, const RemoteId& remote, Mono left) {
  const auto sweep = draft.world().sweeps.find(key);
  if (sweep == draft.world().sweeps.end()) return false;
  const auto listed = sweep->second.listed.find(remote);
  return listed != sweep->second.listed.end() && listed->second < left;
}

SweepKey sweep_key(const Draft& draft, const SessionRow& row) {
  const Traits* traits = draft.traits(row.provider);
  return {row.provider, traits && traits->one_per_place ? row.place : std::string{}};
}

// The machine was rebooted since the start left, so that only wall clocks tell. The remote is of the start,
// if one of these says that it was created after the start left: its age and our wall clock, or its plain
// time of creation, less how far the clocks differ.
Origin origin_after_reboot(const Wall created, const Tracked& session, Wall there, Wall now) {
  const Wall sent = *session.row.start_sent_at;
  if (sent > now + clock_margin) return Origin::unclear;
  const Millis age = there - created;
  const Millis differ = std::min<Millis>(std::chrono::abs(there - now), skew_max);
  const bool after = now - age >= sent - clock_margin || created >= sent - clock_margin - differ;
  return after ? Origin::this_start : Origin::unclear;
}

// Each line has a test of its number in tests/core/keeper_lost_start_test.cpp.
// 1. A remote that was listed before the start left was made by another.
// 2. One whose time of creation is not told is unclear, and so is one that would be made in the future.
// 3. One whose age is at most the time since the start left, by the boot clock, was made by it: unless the
//    provider's times of creation are known to be wrong.
// 4. One that is older than that was made by another, where the provider's clock can be told and its times of
//    creation have been true of a session of ours. Else it is unclear.
// 5. After a reboot the wall clocks tell: see origin_after_reboot().
Origin origin_of(const Draft& draft, const Remote& remote, const Tracked& session, const Answer& answer) {
  const Now now = when_came(answer, draft.now());
  const auto left = start_left(session, now);
  if (left && was_listed_before(draft, sweep_key(draft, session.row), remote.id, *left))
    return Origin::another;
  if (!remote.created_at) return Origin::unclear;
  if (planted(Bug::any_candidate)) return Origin::this_start;
  const auto told = provider_time(draft, answer);
  const Wall there = told.value_or(now.wall);
  const CreationTimes times = draft.provider(session.row.provider).creation_times;
  if (times == CreationTimes::wrong || there - *remote.created_at < -clock_margin) return Origin::unclear;
  const bool exact = !session.sent_before || session.row.start_sent_mono;
  if (!exact) return origin_after_reboot(*remote.created_at, session, there, now.wall);
  if (there - *remote.created_at <= now.mono - *left + clock_margin) return Origin::this_start;
  return told && times == CreationTimes::right ? Origin::another : Origin::unclear;
}

// Whether the remote's time of creation cannot be put on our clock.
bool cannot_compare(const Draft& draft, const Remote& remote, const Answer& answer) {
  const bool wrong = draft.provider(answer.provider).creation_times == CreationTimes::wrong;
  return !remote.created_at || wrong || !provider_time(draft, answer);
}

}  // namespace

bool names_session(const SessionId& tag, const SessionId& session) {
  constexpr std::size_t cut_min = 24;
  if (planted(Bug::knows_whole_tags)) return tag == session;
  return tag == session || (tag.str().size() >= cut_min && session.str().starts_with(tag.str()));
}

const Tracked* tagged_session(const Draft& draft, const SessionId& tag) {
  if (const Tracked* whole = draft.find(tag)) return whole;
  const auto& sessions = draft.world().sessions;
  const auto next = sessions.lower_bound(tag);
  return next != sessions.end() && names_session(tag, next->first) ? draft.find(next->first) : nullptr;
}

std::optional<SessionRow> row_of_remote(const Draft& draft, const Answer& answer, std::size_t index) {
  if (index >= answer.known.size() || !answer.known[index]) return std::nullopt;
  const SessionRow& row = *answer.known[index];
  const Remote& remote = (*answer.remotes)[index];
  if (remote.tag && !names_session(*remote.tag, row.id)) return std::nullopt;
  if (!row.resolved || !row.ended_at || cannot_compare(draft, remote, answer) || planted(Bug::denies_id))
    return row;
  const auto there = provider_time(draft, answer);
  const Wall created = when_came(answer, draft.now()).wall - (*there - *remote.created_at);
  return created > *row.ended_at + clock_margin ? std::nullopt : std::optional(row);
}

namespace {

// The same, by what the store and the place tell as well.
Origin origin_here(const Draft& draft, std::size_t index, const Tracked& session, const Answer& answer) {
  const Remote& remote = (*answer.remotes)[index];
  const auto row = row_of_remote(draft, answer, index);
  const bool others = row && row->id != session.row.id;
  if (others && !row->resolved) return Origin::another;
  Origin origin = origin_of(draft, remote, session, answer);
  if (others) {
    // It was another session's, also where that was said to have ended. Or its id was used again, which only
    // times tell; an end in what is now the future is long ago, because the clock was set back since.
    const bool long_ago = row->ended_at && *row->ended_at > draft.now().wall;
    if (!long_ago && !cannot_compare(draft, remote, answer)) return Origin::another;
    if (origin == Origin::this_start && !long_ago) origin = Origin::unclear;
  }
  // Where there is room for one, our start made what is there now or was refused. What looks older by the
  // provider's own clock was there before.
  const Traits* traits = draft.traits(session.row.provider);
  if (origin != Origin::unclear || !traits || !traits->one_per_place) return origin;
  return cannot_compare(draft, remote, answer) && remote.created_at ? Origin::this_start : Origin::another;
}

}  // namespace

Found remote_of_start(Draft& draft, const Tracked& session, const Answer& answer) {
  Found found;
  const Traits* traits = draft.traits(session.row.provider);
  const bool has_tags = traits && traits->start_scope == StartScope::free;
  const bool tags_are_listed =
      draft.provider(session.row.provider).lists_tags ||
      std::any_of(answer.remotes->begin(), answer.remotes->end(), [](const Remote& one) { return one.tag; });
  for (std::size_t i = 0; i < answer.remotes->size(); ++i) {
    const Remote& remote = (*answer.remotes)[i];
    // One that another session stands for is never taken, whatever its tag became.
    const SessionId* holder = draft.find(RemoteKey{session.row.provider, remote.id});
    if (holder && *holder != session.row.id) continue;
    if (remote.tag) {
      if (names_session(*remote.tag, session.row.id)) return {&remote, false};
      continue;
    }
    if ((has_tags && tags_are_listed) || remote.progress == Progress::ended) continue;
    if (planted(Bug::no_adoption)) continue;
    const Origin origin = origin_here(draft, i, session, answer);
    if (origin == Origin::another) continue;
    if (has_tags) {
      // Its list leaves tags out, as far as is known.
      found.unclear = found.unclear || origin == Origin::this_start || !remote.created_at;
    } else if (origin == Origin::unclear) {
      found.unclear = true;
    } else if (!found.remote || *remote.created_at < *found.remote->created_at) {
      found.remote = &remote;
    }
  }
  return found;
}

bool was_made_by_another(const Draft& draft, const Tracked& session, const Remote& remote,
                         const Answer& answer) {
  if (remote.other_starter.empty()) return false;
  const auto left = start_left(session, draft.now());
  if (left && was_listed_before(draft, sweep_key(draft, session.row), remote.id, *left)) return true;
  const bool wrong = draft.provider(answer.provider).creation_times == CreationTimes::wrong;
  if (!remote.created_at || wrong) return false;
  const Wall there = provider_time(draft, answer).value_or(when_came(answer, draft.now()).wall);
  return there - *remote.created_at > started_lately;
}

std::optional<std::size_t> absent_start_of(const Draft& draft, const Remote& remote, const Answer& answer,
                                           const SweepKey& key) {
  const ProviderTrack& track = draft.provider(key.provider);
  const auto there = provider_time(draft, answer);
  if (!remote.created_at || !there || track.creation_times == CreationTimes::wrong) return std::nullopt;
  const Now now = when_came(answer, draft.now());
  const Millis age = *there - *remote.created_at;
  for (std::size_t i = track.absent_starts.size(); i-- > 0;) {
    const AbsentStart& start = track.absent_starts[i];
    if (was_listed_before(draft, key, remote.id, start.from)) continue;
    const Mono created = now.mono - age;
    const bool possible = created >= start.from - absent_slack && created <= start.sent + late_start_max;
    if (draft.now().mono < start.forget_at && possible) return i;
  }
  return std::nullopt;
}

void note_listed(Draft& draft, const SweepKey& key, const Answer& answer) {
  constexpr std::size_t listed_max = 10'000;
  Sweep& sweep = draft.edit_sweep(key);
  std::map<RemoteId, Mono> before = std::exchange(sweep.listed, {});
  bool tagged = false;
  for (const Remote& remote : *answer.remotes) {
    tagged = tagged || remote.tag;
    if (sweep.listed.size() == listed_max) break;
    const auto known = before.find(remote.id);
    sweep.listed.emplace(remote.id, known == before.end() ? draft.now().mono : known->second);
  }
  if (tagged && !draft.provider(key.provider).lists_tags) draft.edit_provider(key.provider).lists_tags = true;
  if (!answer.whole && before.size() < listed_max) sweep.listed.merge(before);
}

}  // namespace keeper
