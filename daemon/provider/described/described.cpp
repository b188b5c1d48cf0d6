#include "provider/described/described.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <regex>

#include "base/text.h"
#include "provider/listing.h"
#include "provider/tag.h"

namespace keeper {
namespace {

constexpr const char* parameters_mark = "{parameters}";
constexpr std::size_t list_bytes_max = 4U << 20U;
constexpr int pages_max = 100;

std::string replaced(std::string text, std::string_view mark, const std::string& value) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
    text.replace(at, mark.size(), value);
  }
  return text;
}

std::string filled(std::string text, const Effect& effect, bool for_url) {
  const auto fill = [&](std::string_view mark, const std::string& value) {
    text = replaced(std::move(text), mark, for_url ? encode_percent(value) : value);
  };
  fill("{id}", effect.remote.str());
  fill("{session}", effect.session.str());
  fill("{plan}", effect.plan.str());
  fill("{instance}", effect.instance.str());
  return text;
}

// The template's depth is bounded by the reader of the configuration.
void fill_texts(Json& value, const Effect& effect) {
  if (value.is_structured()) {
    for (Json& item : value) fill_texts(item, effect);
  } else if (value == Json(parameters_mark)) {
    value = parse_json(effect.parameters).value_or(Json::object());
  } else if (value.is_string()) {
    value = filled(value.get<std::string>(), effect, false);
  }
}

// What stands at a pointer; null where nothing does, or where the answers are not said to tell it.
const Json& told(const Json& value, const std::string& pointer) {
  static const Json none;
  if (pointer.empty()) return none;
  const Json::json_pointer where(pointer);
  return value.contains(where) ? value.at(where) : none;
}

// An empty pointer is the whole answer.
const Json& part(const Json& answer, const std::string& pointer) {
  return pointer.empty() ? answer : told(answer, pointer);
}

std::string word(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() || value.is_boolean() ? value.dump() : std::string{};
}

// Empty where it is no number, not positive, or beyond a century.
std::optional<Millis> duration(const Json& value, Millis unit) {
  constexpr double century = 100.0 * 366 * 24 * 3600 * 1000;
  if (!value.is_number()) return std::nullopt;
  const double length = value.get<double>() * static_cast<double>(unit.count());
  if (!(length >= 1) || length > century) return std::nullopt;
  return Millis{std::llround(length)};
}

// Without a word on further pages, an answer that is as long as a page may be leaves something out: as long
// as its query asks for, or as pages usually are.
bool may_be_cut(std::size_t items, const std::string& path) {
  static const std::regex length(
      "[?&]([a-z]+[_-])?(limit|size|page_?size|per_?page|max_?results|count|first)=([0-9]{1,6})",
      std::regex::icase);
  std::smatch match;
  if (std::regex_search(path, match, length)) return items >= std::stoul(match[3]);
  constexpr std::array<std::size_t, 9> usual{10, 20, 25, 30, 50, 100, 200, 500, 1000};
  return std::find(usual.begin(), usual.end(), items) != usual.end();
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

// Errors: denied, where the pointer leads through something that is no object.
Status add_tag(const std::string& pointer, const Effect& effect, ProviderCall& call) {
  if (pointer.empty()) return Done{};
  try {
    Json body = parse_json(call.body).value_or(Json::object());
    body[Json::json_pointer(pointer)] = start_tag(effect.instance, effect.session);
    call.body = json_text(body);
    return Done{};
  } catch (const Json::exception&) {
    return Error{ErrorKind::denied, effect.provider.str() + ": tag_in_start, " + pointer +
                                        ", leads through something that is no object in the start's body"};
  }
}

}  // namespace

Remote described_reading(const Description& description, const Effect& effect, const Json& item, Wall now) {
  Remote remote;
  remote.id = plain_id(id_text(told(item, description.id)));
  remote.native_status = word(told(item, description.native_status));
  remote.detail = word(told(item, description.error));
  remote.created_at = time_in(told(item, description.created_at));
  remote.last_activity_at = time_in(told(item, description.last_activity_at));
  remote.idle_timeout = duration(told(item, description.idle_timeout), description.duration_unit);
  remote.maximum = duration(told(item, description.maximum), description.duration_unit);
  const auto expires_at = time_in(told(item, description.expires_at));
  if (expires_at && !remote.created_at) remote.expires_at = expires_at;
  if (expires_at && remote.created_at && *expires_at > *remote.created_at) {
    remote.maximum = *expires_at - *remote.created_at;
  }
  remote.ended_at = time_in(told(item, description.ended_at));
  map_status(description, &remote, now);
  if (remote.progress != Progress::ended) remote.ended_at.reset();
  remote.tag = session_of_tag(word(told(item, description.tag)), effect.instance, effect.session);
  return remote;
}

Described::Described(const ProviderSettings& settings)
    : description_(settings.description),
      api_key_(settings.api_key),
      api_(settings, [] { return std::string{}; }) {}

ProviderCall Described::call_of(Purpose purpose, const DescribedCall& described, const Effect& effect,
                                int page) const {
  ProviderCall call{purpose, described.method,
                    replaced(filled(described.path, effect, true), "{page}", std::to_string(page))};
  for (const auto& [name, value] : description_.headers) {
    call.headers.emplace_back(name, replaced(filled(value, effect, false), "{api_key}", api_key_.reveal()));
  }
  if (described.body.empty()) return call;
  Json body = parse_json(described.body).value_or(Json::object());
  fill_texts(body, effect);
  call.body = json_text(body);
  return call;
}

Remote Described::reading_of(const Visit& visit, const Effect& effect, const Json& item) const {
  Remote remote = described_reading(description_, effect, item, visit.provider_now.value_or(wall_now()));
  remote.native_status = api_.harmless(visit, remote.native_status);
  remote.detail = api_.harmless(visit, remote.detail);
  return remote;
}

Result<Remote> Described::remote_in(const Visit& visit, const ProviderCall& call, const Effect& effect,
                                    const Json& item) const {
  Remote remote = reading_of(visit, effect, item);
  if (!remote.id.empty()) return remote;
  return api_.explain(visit, call, misunderstood(call.purpose, "the answer has no id at " + description_.id));
}

Task<Reply> Described::start(const Effect& effect) {
  Visit visit = api_.begin();
  ProviderCall call = call_of(Purpose::start, description_.start, effect);
  if (const Status tagged = add_tag(description_.tag_in_start, effect, call); !tagged) {
    co_return reply_of(visit, tagged.error());
  }
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return reply_of(visit, answer.json.error());
  auto remote = remote_in(visit, call, effect, part(*answer.json, description_.start.item));
  if (remote && !description_.tag_in_start.empty()) remote->tag = effect.session;
  co_return reply_of(visit, std::move(remote));
}

Task<Reply> Described::walk(const Effect& effect) {
  Visit visit = api_.begin();
  if (!description_.list) {
    co_return reply_of(visit, Error{ErrorKind::denied, effect.provider.str() + ": no list is described"});
  }
  Listing listing(effect);
  for (int page = 1; page <= pages_max; ++page) {
    ProviderCall call = call_of(Purpose::read, *description_.list, effect, page);
    call.body_bytes_max = list_bytes_max;
    const ProviderAnswer answer = co_await api_.ask(visit, call);
    if (!answer.json) co_return reply_of(visit, answer.json.error());
    const auto items = items_in(answer, part(*answer.json, description_.list->item));
    if (!items) {
      Error error = items.error();
      error.what += " (at '" + description_.list->item + "')";
      co_return reply_of(visit, api_.explain(visit, call, std::move(error)));
    }
    for (const Json& item : **items) {
      Remote remote = reading_of(visit, effect, item);
      if (listing.admits(remote) && remote.progress != Progress::ended) listing.add(std::move(remote));
    }
    const bool goes_on = told(*answer.json, description_.list->more) == Json(true);
    if ((*items)->empty() || !goes_on) {
      const bool paged = !description_.list->more.empty();
      co_return std::move(listing).reply(visit, paged ? !goes_on : !may_be_cut((*items)->size(), call.path));
    }
  }
  co_return reply_of(visit, Error{ErrorKind::malformed, effect.provider.str() + ": the list does not end"});
}

// The items without a tag are shown too: a provider may leave tags out of its list.
Task<Reply> Described::find(const Effect& effect) { co_return co_await walk(effect); }

Task<Reply> Described::list(const Effect& effect) { co_return co_await walk(effect); }

Task<Result<Remote>> Described::read(Visit& visit, const Effect& effect) {
  const ProviderCall call = call_of(Purpose::read, description_.status, effect);
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return answer.json.error();
  auto remote = remote_in(visit, call, effect, part(*answer.json, description_.status.item));
  if (remote && remote->id != effect.remote) {
    co_return api_.explain(visit, call, Error{ErrorKind::malformed, "the answer is about another session"});
  }
  co_return remote;
}

Task<Reply> Described::observe(const Effect& effect) {
  Visit visit = api_.begin(effect);
  auto remote = co_await read(visit, effect);
  co_return reply_of(visit, std::move(remote));
}

// Only a read shows whether the session is gone; where no last activity is described, only the heartbeat's
// own answer says whether it counted.
Task<Reply> Described::keep_alive(const Effect& effect) {
  if (!description_.heartbeat) co_return co_await observe(effect);
  Visit visit = api_.begin(effect);
  ProviderCall call = call_of(Purpose::change, *description_.heartbeat, effect);
  call.discard_body = true;
  const ProviderAnswer answer = co_await api_.ask_leaving_time(visit, call);
  if (!answer.json && is_vain_to_read(answer.json.error().kind))
    co_return reply_of(visit, answer.json.error());
  auto remote = co_await read(visit, effect);
  if (remote && !answer.json) remote->heartbeat_error = answer.json.error().what;
  // A read that came to nothing says nothing against a heartbeat that was taken.
  const auto no_reading = [](ErrorKind kind) {
    return kind == ErrorKind::maybe_applied || kind == ErrorKind::not_applied || kind == ErrorKind::malformed;
  };
  const bool is_taken = answer.json && description_.last_activity_at.empty();
  if (is_taken && !remote && no_reading(remote.error().kind)) {
    Remote kept;
    kept.id = effect.remote;
    co_return reply_of(visit, std::move(kept));
  }
  co_return reply_of(visit, std::move(remote));
}

// The session itself decides whether it ended: a stop may be refused after its effect.
Task<Reply> Described::stop(const Effect& effect) {
  Visit visit = api_.begin();
  ProviderCall call = call_of(Purpose::change, description_.stop, effect);
  call.discard_body = true;
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json && !must_read_after_stop(answer)) co_return reply_of(visit, answer.json.error());
  auto remote = co_await read(visit, effect);
  if (!answer.json) remote = confirmed_end(answer.json.error(), std::move(remote));
  // The stop was accepted, so that it ended.
  if (answer.json && !remote && remote.error().kind == ErrorKind::gone) {
    Remote ended;
    ended.id = effect.remote;
    ended.progress = Progress::ended;
    ended.state = State::closed;
    co_return reply_of(visit, std::move(ended));
  }
  // We asked for this end.
  if (remote && remote->reason == Reason::ended_elsewhere) remote->reason = std::nullopt;
  co_return reply_of(visit, std::move(remote));
}

Task<Result<Checked>> Described::check() {
  Effect nothing;
  nothing.remote = RemoteId{"session-keeper-check"};
  const ProviderCall call = call_of(Purpose::read, description_.list.value_or(description_.status), nothing);
  co_return co_await api_.probe(call);
}

std::unique_ptr<Provider> make_described(const ProviderSettings& settings, const ProviderContext&) {
  return std::make_unique<Described>(settings);
}

}  // namespace keeper
