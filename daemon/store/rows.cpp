#include "store/rows.h"

namespace keeper {
namespace {

Progress read_progress(sql::Reader& from) {
  const int rank = from.small();
  if (rank > static_cast<int>(Progress::ended)) sql::fail_corrupt("holds an unknown progress");
  return static_cast<Progress>(rank);
}

void bind_ending(sql::Binder& to, const std::optional<Ending>& ending) {
  if (!ending) {
    to.null().null().null().null();
    return;
  }
  to.name(to_string(ending->state)).name(to_string(ending->reason));
  to.name(to_string(ending->cause)).time(ending->asked_at);
}

std::optional<Ending> read_ending(sql::Reader& from) {
  if (from.is_null()) {
    for (int i = 0; i < 4; ++i) from.skip();
    return std::nullopt;
  }
  Ending ending;
  ending.state = from.word(parse_state);
  ending.reason = from.word(parse_reason);
  ending.cause = from.word(parse_cause);
  ending.asked_at = from.time();
  return ending;
}

}  // namespace

const char* const session_columns =
    "id, plan, provider, occurrence, replica, attempt, failures, place, parameters, fingerprint, state, reason, "
    "progress, native_status, remote_id, start_sent_at, ending_state, ending_reason, ending_cause, "
    "ending_asked_at, resolved, created_at, active_at, ended_at, predecessor, successor, last_error";

void bind_session(sql::Binder& to, const SessionRow& row) {
  to.text(row.id).text(row.plan).text(row.provider).time(row.occurrence);
  to.integer(row.replica).integer(row.attempt).integer(row.failures);
  to.text(row.place).text(row.parameters).text(row.fingerprint);
  to.name(to_string(row.state)).name(to_string(row.reason)).integer(static_cast<int>(row.progress));
  to.text(row.native_status).text(row.remote_id).time(row.start_sent_at);
  bind_ending(to, row.ending);
  to.integer(row.resolved ? 1 : 0).time(row.created_at).time(row.active_at).time(row.ended_at);
  to.text(row.predecessor).text(row.successor).text(row.last_error);
}

SessionRow read_session(sql::Reader& from) {
  SessionRow row;
  row.id = from.id<SessionId>();
  row.plan = from.id<PlanName>();
  row.provider = from.id<ProviderName>();
  row.occurrence = from.time();
  row.replica = from.small();
  row.attempt = from.small();
  row.failures = from.small();
  row.place = from.text();
  row.parameters = from.text();
  row.fingerprint = from.text();
  row.state = from.word(parse_state);
  row.reason = from.word(parse_reason);
  row.progress = read_progress(from);
  row.native_status = from.text();
  row.remote_id = from.optional_id<RemoteId>();
  row.start_sent_at = from.optional_time();
  row.ending = read_ending(from);
  row.resolved = from.boolean();
  row.created_at = from.time();
  row.active_at = from.optional_time();
  row.ended_at = from.optional_time();
  row.predecessor = from.optional_id<SessionId>();
  row.successor = from.optional_id<SessionId>();
  row.last_error = from.text();
  return row;
}

const char* const transition_columns =
    "t.seq, s.id, t.plan, s.provider, t.remote_id, t.from_state, t.to_state, t.reason, t.cause, t.at, "
    "t.recorded_at, t.detail";

TransitionRow read_transition(sql::Reader& from) {
  TransitionRow row;
  row.seq = from.integer();
  row.session = from.id<SessionId>();
  row.plan = from.id<PlanName>();
  row.provider = from.id<ProviderName>();
  row.remote_id = from.optional_id<RemoteId>();
  if (from.is_null()) {
    from.skip();
  } else {
    row.from = from.word(parse_state);
  }
  row.to = from.word(parse_state);
  row.reason = from.word(parse_reason);
  row.cause = from.word(parse_cause);
  row.at = from.time();
  row.recorded_at = from.time();
  row.detail = from.text();
  return row;
}

const char* const delivery_columns =
    "d.id, d.provider, d.key, d.type, d.progress, d.failed, d.remote_id, s.id, d.disposition, d.received_at, "
    "d.digest";

DeliveryRow read_delivery(sql::Reader& from) {
  DeliveryRow row;
  row.id = from.integer();
  row.provider = from.id<ProviderName>();
  row.key = from.text();
  row.type = from.text();
  row.progress = read_progress(from);
  row.failed = from.boolean();
  row.remote_id = from.id<RemoteId>();
  row.session = from.optional_id<SessionId>();
  row.disposition = from.word(parse_disposition);
  row.received_at = from.time();
  row.digest = from.text();
  return row;
}

}  // namespace keeper
