#include "provider/described/described_reading.h"

#include <cmath>

#include "provider/provider_api.h"
#include "provider/tag.h"

namespace keeper {
namespace {

// Empty where it is no number, not positive, or beyond a century.
std::optional<Millis> duration(const Json& value, Millis unit) {
  constexpr double century = 100.0 * 366 * 24 * 3600 * 1000;
  if (!value.is_number()) return std::nullopt;
  const double length = value.get<double>() * static_cast<double>(unit.count());
  if (!(length >= 1) || length > century) return std::nullopt;
  return Millis{std::llround(length)};
}

// Where no word says more: an end that has come is one, and an unknown word moves nothing. Some providers
// tell the time at which a session will end.
State state_without_word(const Description& description, const Remote& remote, Wall now) {
  if (remote.ended_at && *remote.ended_at <= now + Seconds{1}) return State::closed;
  return description.native_status.empty() ? State::active : State::queued;
}

void map_status(const Description& description, Remote* remote, Wall now) {
  const auto found = description.states.find(remote->native_status);
  const bool is_known = !description.native_status.empty() && found != description.states.end();
  remote->state = is_known ? found->second : state_without_word(description, *remote, now);
  if (remote->state == State::queued) remote->progress = Progress::asked;
  if (!is_terminal(remote->state)) return;
  remote->progress = Progress::ended;
  remote->reason = Reason::ended_elsewhere;
  if (remote->state == State::error) remote->reason = Reason::provider_failed;
  if (remote->state == State::timed_out) remote->reason = reason_of_timeout(*remote);
}

}  // namespace

const Json* standing_at(const Json& value, const std::string& pointer) {
  const Json::json_pointer where(pointer);
  return value.contains(where) ? &value.at(where) : nullptr;
}

const Json& told(const Json& value, const Pointers& pointers) {
  static const Json none;
  for (const std::string& pointer : pointers) {
    const Json* found = standing_at(value, pointer);
    if (found != nullptr && !found->is_null()) return *found;
  }
  return none;
}

const Json& part(const Json& answer, const std::string& pointer) {
  return pointer.empty() ? answer : told(answer, {pointer});
}

std::string word_in(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() || value.is_boolean() ? value.dump() : std::string{};
}

Remote described_reading(const Description& description, const Effect& effect, const Json& item, Wall now) {
  Remote remote;
  remote.id = plain_id(id_text(told(item, description.id)));
  remote.native_status = word_in(told(item, description.native_status));
  remote.detail = word_in(told(item, description.error));
  remote.created_at = time_in(told(item, description.created_at));
  remote.last_activity_at = time_in(told(item, description.last_activity_at));
  remote.idle_timeout = duration(told(item, description.idle_timeout), description.duration_unit);
  remote.maximum = duration(told(item, description.maximum), description.duration_unit);
  const auto expires_at = time_in(told(item, description.expires_at));
  if (description.expires_at_moves) {
    remote.idle_until = expires_at;
  } else if (expires_at && !remote.created_at) {
    remote.expires_at = expires_at;
  } else if (expires_at && *expires_at > *remote.created_at) {
    remote.maximum = *expires_at - *remote.created_at;
  }
  remote.ended_at = time_in(told(item, description.ended_at));
  map_status(description, &remote, now);
  if (remote.progress != Progress::ended) remote.ended_at.reset();
  remote.tag = session_of_tag(word_in(told(item, description.tag)), effect.instance, effect.session);
  return remote;
}

}  // namespace keeper
