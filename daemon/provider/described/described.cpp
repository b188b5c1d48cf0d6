#include "provider/described/described.h"

#include "provider/described/call_template.h"
#include "provider/described/reading.h"

namespace keeper {

Described::Described(const ProviderSettings& settings)
    : description_(settings.description),
      api_key_(settings.api_key),
      api_(settings, [] { return std::string{}; }) {}

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
  ProviderCall call = filled_call(description_, api_key_, Purpose::start, description_.start, effect);
  if (const Status tagged = add_tag(description_.tag_in_start, effect, call); !tagged) {
    co_return reply_of(visit, tagged.error());
  }
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return reply_of(visit, answer.json.error());
  auto remote = remote_in(visit, call, effect, part(*answer.json, description_.start.item));
  if (remote && !description_.tag_in_start.empty()) remote->tag = effect.session;
  co_return reply_of(visit, std::move(remote));
}

// The items without a tag are shown too: a provider may leave tags out of its list.
Task<Reply> Described::find(const Effect& effect) { co_return co_await walk(effect); }

Task<Reply> Described::list(const Effect& effect) { co_return co_await walk(effect); }

Task<Result<Remote>> Described::read(Visit& visit, const Effect& effect) {
  const ProviderCall call = filled_call(description_, api_key_, Purpose::read, description_.status, effect);
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
  ProviderCall call = filled_call(description_, api_key_, Purpose::change, *description_.heartbeat, effect);
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
  const bool is_taken = answer.json && description_.heartbeat_proof == HeartbeatProof::answer;
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
  ProviderCall call = filled_call(description_, api_key_, Purpose::change, description_.stop, effect);
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

Task<Reply> Described::clean_up(const Effect& effect) {
  if (!description_.cleanup) co_return co_await Provider::clean_up(effect);
  Visit visit = api_.begin();
  ProviderCall call = filled_call(description_, api_key_, Purpose::change, *description_.cleanup, effect);
  call.discard_body = true;
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return reply_of(visit, answer.json.error());
  co_return Reply{std::vector<Remote>{}, visit.provider_now};
}

Task<Result<Checked>> Described::check() {
  Effect nothing;
  nothing.remote = RemoteId{"session-keeper-check"};
  const ProviderCall call = filled_call(description_, api_key_, Purpose::read,
                                        description_.list.value_or(description_.status), nothing);
  co_return co_await api_.probe(call);
}

std::unique_ptr<Provider> make_described(const ProviderSettings& settings, const ProviderContext&) {
  return std::make_unique<Described>(settings);
}

}  // namespace keeper
