#include "provider/described/described_keys.h"

#include "config/json.h"
#include "config/provider_kind.h"
#include "config/types.h"
#include "config/value.h"
#include "provider/described/described_claims.h"
#include "provider/described/description_reader.h"
#include "provider/described/marks.h"
#include "provider/described/webhook_reader.h"

namespace keeper::config {
namespace {

using namespace types;
using std::chrono::days;

Key pointer(std::string_view name, std::string_view doc) {
  return {.name = name, .types = {of(Kind::text)}, .doc = doc};
}

Key field(std::string_view name, std::string_view doc, bool required = false) {
  return {.name = name, .types = {of(Kind::text), list_of(Kind::text)}, .doc = doc, .required = required};
}

}  // namespace

const Section& fields_section() {
  static const Section section{
      "fields",
      {
          field("id",
                "JSON pointer to the session's id; as each of these, also a list of pointers, of which the "
                "first counts at which anything stands.",
                true),
          field("status", "JSON pointer to the provider's word for its state."),
          field("created_at", "JSON pointer to a time."),
          field("last_activity_at", "JSON pointer to the time of the last activity."),
          field("ended_at", "JSON pointer to a time."),
          field("expires_at", "JSON pointer to the time at which it ends at the latest."),
          field("idle_timeout", "JSON pointer to a number, in duration_unit."),
          field("max_duration", "JSON pointer to a number, in duration_unit."),
          {"duration_unit", {duration(Millis{1}, days{1})}, "1s", "The unit of those numbers."},
          field("error", "JSON pointer to a text."),
          field("tag", "JSON pointer to what was sent at tag_in_start, or as {session_uuid}."),
      }};
  return section;
}

namespace {

// The keys of any call, and those of one that has more.
Section call_with(std::string_view name, std::vector<Key> more) {
  Section section{
      name,
      {
          {.name = "method",
           .types = {choice({"GET", "POST", "PUT", "PATCH", "DELETE"})},
           .doc = "The method of the request.",
           .required = true},
          {.name = "path",
           .types = {of(Kind::text)},
           .doc = "Below base_url, with the query; {id} is the session's id there, {session}, {plan} and "
                  "{instance} are ours.",
           .required = true},
          {.name = "body",
           .types = {of(Kind::anything)},
           .doc = "The JSON body; {parameters} stands for the plan's session.parameters."},
          {.name = "headers",
           .types = {of(Kind::texts)},
           .doc = "Of this call, beside those of every call or in the place of one of them."},
          pointer("item", "JSON pointer to the session in the answer, or to the array of them for a list."),
      }};
  section.keys.insert(section.keys.end(), more.begin(), more.end());
  return section;
}

const Section& call_section() {
  static const Section section = call_with("call", {});
  return section;
}

const Section& start_section() {
  static const Section section = call_with(
      "start", {{.name = "exists",
                 .types = {integer(400, 499)},
                 .doc = "The status that says that the session is there already; `find` reads it then."}});
  return section;
}

const Section& next_section() {
  static const Section section{
      "next",
      {
          pointer("page", "JSON pointer to whether a further page follows, into {page}."),
          pointer("cursor", "JSON pointer to the next {cursor}, or the name of the header that tells it."),
          pointer("last_id", "JSON pointer into the last item, to the next {cursor}."),
          pointer("offset",
                  "JSON pointer to the next {offset}, the name of the header that tells it, or counted: by "
                  "the items."),
          pointer("total", "JSON pointer to the count of all pages' items, into {page} or {offset}."),
      }};
  return section;
}

const Section& list_section() {
  static const Section section = call_with(
      "list",
      {{.name = "next",
        .types = {map_of(next_section())},
        .doc = "How the list goes on after a page: one of these."},
       pointer("more", "The same as next: {page: ...}."),
       {.name = "whole", .types = {of(Kind::boolean)}, .doc = "One answer is all there is, however long."}});
  return section;
}

}  // namespace

const Section& heartbeat_section() {
  static const Section section = [] {
    Section all = call_section();
    all.name = "heartbeat";
    all.keys.push_back({.name = "counts",
                        .types = {choice({"answer", "read_back"})},
                        .doc = "What proves that it counted: a 2xx of its own, or only a last_activity_at or "
                               "expires_at that moved. Without it read_back where the fields tell either."});
    all.keys.push_back({.name = "extends",
                        .types = {duration(Seconds{1}, days{365})},
                        .doc = "How far it moves the deadline; {seconds} in its body. The deadline is read "
                               "from expires_at, or else counted."});
    all.keys.push_back(
        {"extends_from",
         {choice({"heartbeat", "deadline"})},
         "heartbeat",
         "From when that counts: from the heartbeat, or added to the deadline that there was."});
    return all;
  }();
  return section;
}

const Section& http_section() {
  static const Section section{
      "http",
      {
          {.name = "headers",
           .types = {of(Kind::texts)},
           .doc = "Of every call; {api_key} is the credential. Without it: Authorization: Bearer {api_key}."},
          {.name = "credentials",
           .types = {of(Kind::secrets)},
           .doc =
               "Further secrets by name, each ${ENV_NAME} or {file: PATH}: {credential.NAME} in headers, and "
               "in queries."},
          {.name = "start", .types = {map_of(start_section())}, .doc = "Begins a session.", .required = true},
          {.name = "status", .types = {map_of(call_section())}, .doc = "Reads a session.", .required = true},
          {.name = "stop", .types = {map_of(call_section())}, .doc = "Ends a session.", .required = true},
          {.name = "heartbeat",
           .types = {map_of(heartbeat_section())},
           .doc = "Restarts the idle clock of a session, or moves its deadline."},
          {.name = "cleanup",
           .types = {map_of(call_section())},
           .doc =
               "Removes what a session leaves that has ended and would still be billed. A 404 is as good."},
          {.name = "list",
           .types = {map_of(list_section()), list_of(list_section())},
           .doc =
               "Lists the sessions that live; several calls make the list together. Without it and without "
               "find a lost start cannot be looked up and is waited out."},
          {.name = "find",
           .types = {map_of(call_section())},
           .doc = "Reads a session by {session} or {session_uuid}; a 404 proves that there is none."},
          {.name = "fields",
           .types = {map_of(fields_section())},
           .doc = "Where an answer has what.",
           .required = true},
          {.name = "states",
           .types = {of(Kind::texts)},
           .doc = "The provider's words, each to queued, active, closed, error or timed_out."},
          pointer("tag_in_start", "JSON pointer to where the start's body takes our session's id."),
          {"gone",
           {choice({"closed", "timed_out", "error", "by_deadline"})},
           "error",
           "What a 404 or 410 says of a session that nobody asked to end. by_deadline: it timed out where a "
           "known deadline has passed, and else was closed."},
          {.name = "webhook",
           .types = {map_of(described_webhook_section())},
           .doc = "How the provider's webhook messages are signed, and what they say."},
      }};
  return section;
}

namespace {

const Section& http_session() {
  static const Section section{
      "http session",
      {
          {.name = "parameters", .types = {of(Kind::anything)}, .doc = "What the start asks for, as a map."},
          {.name = "idle_timeout",
           .types = {duration(Seconds{1}, days{365})},
           .doc = "The provider's, as the parameters ask for it."},
          {.name = "max_duration",
           .types = {duration(Seconds{1}, days{365})},
           .doc = "The provider's, as the parameters ask for it."},
      }};
  return section;
}

void read(ProviderReading& reading) {
  const Node* http = value_at(reading.node(), "http");
  if (http == nullptr) return reading.need("'http', which describes its calls");
  if (!http->is_map()) return;
  Description& description = reading.settings.description;
  description = read_description(*http, reading.problems);
  description.webhook = read_described_webhook(*http, reading);
  const Node* credentials = value_at(*http, "credentials");
  if (credentials == nullptr) return;
  for (const Entry& entry : credentials->entries)
    description.credentials[entry.key] = reading.outside.secret_of(entry);
}

const Section& session(const ProviderSettings&) { return http_session(); }

void read_session(SessionReader& reader, const ProviderSettings&) {
  reader.plan.idle_timeout = duration_at(reader.node, "idle_timeout");
  reader.plan.maximum = duration_at(reader.node, "max_duration");
  const Node* parameters = value_at(reader.node, "parameters");
  if (parameters == nullptr) return;
  if (parameters->is_map()) {
    reader.parameters = to_json(*parameters);
  } else {
    reader.problems.error(parameters->place, "'parameters' must be a map of keys");
  }
}

void set_gone(Gone gone, Traits& facts) {
  if (gone == Gone::error) return;
  facts.gone_state = gone == Gone::timed_out ? State::timed_out : State::closed;
  facts.gone_reason = gone == Gone::timed_out ? std::nullopt : std::optional(Reason::ended_by_provider);
  facts.gone_by_deadline = gone != Gone::closed;
}

// How far a vendor's list lags is not documented, and a second session costs more than a wait. With the usual
// limit of a call a start is sent again after 106 s, which is within the usual start_timeout.
constexpr Millis unknown_list_lag = Seconds{75};

// What can be done is what was described.
Traits traits(const ProviderSettings& settings) {
  const Description& description = settings.description;
  Traits facts;
  const bool sends_tag = !description.tag_in_start.empty() || holds_mark(description.start, "session_uuid");
  const bool tagged = sends_tag && !description.tag.empty();
  facts.can_list = !description.list.empty();
  // Without either, no session in a list can be told to be a start's own, or not to be.
  facts.can_find = description.find || (facts.can_list && (tagged || !description.created_at.empty()));
  if (!description.find) facts.list_lag = unknown_list_lag;
  facts.has_heartbeat = description.heartbeat.has_value();
  facts.start_scope = tagged ? StartScope::free : StartScope::provider;
  facts.slow_start = std::chrono::minutes{1};
  facts.has_cleanup = description.cleanup.has_value();
  facts.heartbeat_proof = description.heartbeat_proof;
  facts.extension = description.extension;
  set_gone(description.gone, facts);
  return facts;
}

}  // namespace

const ProviderKind& described_kind() {
  static const ProviderKind kind{.type = "http",
                                 .needs_api_key = false,
                                 .keys = {{.name = "description",
                                           .types = {of(Kind::text)},
                                           .doc = "Type http: the name of a ready-made description, which "
                                                  "the other keys add to or replace; `session-keeper "
                                                  "providers --known` lists them."},
                                          {.name = "http",
                                           .types = {map_of(http_section())},
                                           .doc = "Type http: the provider's calls and answers."}},
                                 .sessions = {&http_session()},
                                 .read = read,
                                 .session = session,
                                 .read_session = read_session,
                                 .traits = traits,
                                 .unproven = described_claims};
  return kind;
}

}  // namespace keeper::config
