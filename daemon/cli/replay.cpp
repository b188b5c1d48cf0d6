#include "cli/replay.h"

#include <charconv>
#include <optional>
#include <ostream>

#include "base/text.h"
#include "core/delivery_rule.h"

namespace keeper {
namespace {

struct Replayed {
  std::string disposition;
  std::string state;  // the session's afterwards; empty: there is none
  std::string then;   // what would happen, in words
};

Result<nlohmann::json> json_at(const Client& client, const std::string& path,
                               const QueryParameters& query = {}) {
  const Result<std::string> body = client.get(path, query);
  return body ? parse_answer(*body) : Result<nlohmann::json>(body.error());
}

// The list entry of the delivery: what the store knows of it beside its body.
Result<nlohmann::json> entry_of(const Client& client, std::int64_t id) {
  const auto page =
      json_at(client, "/api/v1/deliveries", {{"before", std::to_string(id + 1)}, {"limit", "1"}});
  if (!page) return page.error();
  const auto list = page->value("deliveries", nlohmann::json::array());
  if (list.empty() || list.front().value("id", std::int64_t{0}) != id) {
    return Error{ErrorKind::gone, "there is no delivery with the id " + std::to_string(id)};
  }
  return list.front();
}

// What the delivery says of its session, as the rule reads it.
struct Told {
  bool followed = false;
  Progress progress = Progress::asked;
  bool failed = false;
};

Result<Told> told_by(const nlohmann::json& entry) {
  const auto progress = entry.find("progress");
  if (progress != entry.end() && progress->is_null()) return Told{};
  const auto word = progress != entry.end() && progress->is_string()
                        ? parse_progress(progress->get<std::string>())
                        : std::nullopt;
  if (!word) return Error{ErrorKind::malformed, "the daemon does not say what the delivery tells"};
  return Told{true, *word, entry.value("failed", false)};
}

// What the rule reads of the session, from the API's answer.
Result<SessionRow> session_of(const Client& client, const std::string& id) {
  const auto json = json_at(client, "/api/v1/sessions/" + id);
  if (!json) return json.error();
  const auto word = [](const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  SessionRow row;
  const auto state = parse_state(word(*json, "state"));
  const auto progress = parse_progress(word(*json, "progress"));
  if (!state || !progress)
    return Error{ErrorKind::malformed, "the daemon does not say how far the session has come"};
  row.state = *state;
  row.progress = *progress;
  const auto ending = json->find("ending");
  if (ending == json->end() || !ending->is_object()) return row;
  const auto ends_as = parse_state(word(*ending, "state"));
  const auto reason = parse_reason(word(*ending, "reason"));
  if (!ends_as || !reason)
    return Error{ErrorKind::malformed, "the daemon does not say how the session is to end"};
  row.ending.emplace();
  row.ending->state = *ends_as;
  row.ending->reason = *reason;
  return row;
}

std::string words_of(const SessionRow& session, const DeliveryMove& move) {
  const std::string state(to_string(move.state));
  if (is_terminal(move.state)) {
    return "the session would become " + state + " (" + std::string(to_string(*move.reason)) +
           "); a read would confirm its end";
  }
  if (move.reason) return "the session would become " + state;
  return "the session stays " + std::string(to_string(session.state)) + ", and a read would follow";
}

std::string why_late(const SessionRow& session) {
  const std::string state(to_string(session.state));
  if (is_terminal(session.state)) return "the session is " + state + ", which never changes";
  return "the session is " + state + " and has come as far as '" + std::string(to_string(session.progress)) +
         "' already";
}

Replayed outcome_of(const Told& told, const SessionRow* session) {
  Replayed replayed;
  replayed.disposition = to_string(disposition_of(told.followed, session, told.progress, told.failed));
  if (session) replayed.state = to_string(session->state);
  if (!told.followed) {
    replayed.then = "its type is not followed: it is kept, and nothing moves";
  } else if (!session) {
    replayed.then = "no session has its remote: it waits for one, and is then listed as unmatched";
  } else {
    const auto move = move_by_delivery(*session, told.progress, told.failed);
    if (move) replayed.state = to_string(move->state);
    replayed.then = move ? words_of(*session, *move) : why_late(*session);
  }
  return replayed;
}

}  // namespace

int ask_replay(const Asking& asking, const std::string& delivery, const Terminal& terminal) {
  std::int64_t id = 0;
  const auto [end, failed] = std::from_chars(delivery.data(), delivery.data() + delivery.size(), id);
  const auto fail = [&](const std::string& what) {
    terminal.err << "session-keeper: " << what << "\n";
    return 1;
  };
  if (failed != std::errc{} || end != delivery.data() + delivery.size() || id < 1) {
    return fail("'" + printable(delivery) +
                "' is no delivery's id: those are numbers, see `session-keeper deliveries`");
  }
  const auto entry = entry_of(asking.client, id);
  if (!entry) return fail(entry.error().what);
  const auto told = told_by(*entry);
  if (!told) return fail(told.error().what);
  std::optional<SessionRow> session;
  if (const auto named = entry->value("session_id", nlohmann::json()); named.is_string()) {
    auto found = session_of(asking.client, named.get<std::string>());
    if (!found) return fail(found.error().what);
    session = *std::move(found);
  }
  const Replayed outcome = outcome_of(*told, session ? &*session : nullptr);
  if (asking.json) {
    nlohmann::ordered_json json{
        {"id", id},
        {"type", entry->value("type", "")},
        {"recorded_as", entry->value("disposition", "")},
        {"would_be", outcome.disposition},
        {"state", outcome.state.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(outcome.state)},
        {"then", outcome.then}};
    terminal.out << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return 0;
  }
  terminal.out
      << "delivery " << id << " (" << printable(entry->value("type", ""), 80) << "), recorded as "
      << printable(entry->value("disposition", ""), 20) << "\n"
      << "If it came for the first time now, it would be " << outcome.disposition << ": "
      << printable(outcome.then, 300) << ".\n"
      << "Its repeat is answered 200 duplicate, and nothing moves. Nothing was changed by this look.\n";
  return 0;
}

}  // namespace keeper
