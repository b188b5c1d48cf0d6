#include "provider/described/described_keys.h"

#include "config/json.h"
#include "config/provider_kind.h"
#include "config/types.h"
#include "config/value.h"
#include "provider/described/description_reader.h"

namespace keeper::config {
namespace {

using namespace types;
using std::chrono::days;

Key pointer(std::string_view name, std::string_view doc, bool required = false) {
  return {.name = name, .types = {of(Kind::text)}, .doc = doc, .required = required};
}

}  // namespace

const Section& fields_section() {
  static const Section section{
      "fields",
      {
          pointer("id", "JSON pointer to the session's id.", true),
          pointer("status", "JSON pointer to the provider's word for its state."),
          pointer("created_at", "JSON pointer to a time."),
          pointer("last_activity_at", "JSON pointer to the time of the last activity."),
          pointer("ended_at", "JSON pointer to a time."),
          pointer("expires_at", "JSON pointer to the time at which it ends at the latest."),
          pointer("idle_timeout", "JSON pointer to a number, in duration_unit."),
          pointer("max_duration", "JSON pointer to a number, in duration_unit."),
          {"duration_unit", {duration(Millis{1}, days{1})}, "1s", "The unit of those numbers."},
          pointer("error", "JSON pointer to a text."),
          pointer("tag", "JSON pointer to what was sent at tag_in_start."),
      }};
  return section;
}

namespace {

const Section& call_section() {
  static const Section section{
      "call",
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
          pointer("item", "JSON pointer to the session in the answer, or to the array of them for a list."),
          pointer("more",
                  "Of a list whose path holds {page}: JSON pointer to whether a further page follows."),
      }};
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
          {.name = "start", .types = {map_of(call_section())}, .doc = "Begins a session.", .required = true},
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
           .types = {map_of(call_section())},
           .doc = "Lists the sessions that live. Without it a lost start cannot be looked up and is waited "
                  "out."},
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
  if (http->is_map()) reading.settings.description = read_description(*http, reading.problems);
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

// What can be done is what was described.
Traits traits(const ProviderSettings& settings) {
  const Description& description = settings.description;
  Traits facts;
  const bool tagged = !description.tag_in_start.empty() && !description.tag.empty();
  facts.can_list = description.list.has_value();
  // Without either, no session in a list can be told to be a start's own, or not to be.
  facts.can_find = facts.can_list && (tagged || !description.created_at.empty());
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
                                 .keys = {{.name = "http",
                                           .types = {map_of(http_section())},
                                           .doc = "Type http: the provider's calls and answers."}},
                                 .sessions = {&http_session()},
                                 .read = read,
                                 .session = session,
                                 .read_session = read_session,
                                 .traits = traits};
  return kind;
}

}  // namespace keeper::config
