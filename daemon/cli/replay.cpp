#include "cli/replay.h"

#include <charconv>
#include <ostream>

#include "base/text.h"
#include "provider/webhook.h"

namespace keeper {
namespace {

struct Replayed {
  std::string disposition;
  std::string then;  // what would happen, in words
};

Result<nlohmann::json> get_json(const Client& client, const std::string& path, const Query& query = {}) {
  const Result<std::string> body = client.get(path, query);
  return body ? parse_answer(*body) : Result<nlohmann::json>(body.error());
}

// The list entry of the delivery: what the store knows of it beside its body.
Result<nlohmann::json> entry_of(const Client& client, std::int64_t id) {
  const auto page = get_json(client, "/api/v1/deliveries", {{"before", std::to_string(id + 1)}, {"limit", "1"}});
  if (!page) return page.error();
  const auto list = page->value("deliveries", nlohmann::json::array());
  if (list.empty() || list.front().value("id", std::int64_t{0}) != id) {
    return Error{ErrorKind::gone, "there is no delivery with the id " + std::to_string(id)};
  }
  return list.front();
}

// By rank, as the keeper does it: what would go back, or comes after the end, moves nothing.
Replayed outcome_of(const Delivery& delivery, const std::string& state) {
  if (!delivery.followed) return {"ignored", "its type is not followed: it is kept, and nothing moves"};
  if (state.empty()) return {"held", "no session has its remote: it waits for one, and is then listed as unmatched"};
  const Progress progress = delivery.row.progress;
  if (state != "queued" && state != "active") return {"late", "the session is " + state + ", which never changes"};
  if (progress == Progress::ended) {
    return {"applied", std::string("the session would become ") + (delivery.row.failed ? "error" : "closed") +
                           ", or what its own stop asks for; its end would be confirmed by a read"};
  }
  if (progress >= Progress::started && state == "queued") return {"applied", "the session would become active"};
  if (state == "active" && progress <= Progress::started) return {"late", "the session is active already"};
  return {"applied", "the session stays " + state + ", and a read would follow"};
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
    return fail("'" + printable(delivery) + "' is no delivery's id: those are numbers, see `session-keeper deliveries`");
  }
  const auto entry = entry_of(asking.client, id);
  if (!entry) return fail(entry.error().what);
  const auto body = asking.client.get("/api/v1/deliveries/" + std::to_string(id));
  if (!body) return fail(body.error().what);
  std::string state;
  if (const auto session = entry->value("session_id", nlohmann::json()); session.is_string()) {
    const auto found = get_json(asking.client, "/api/v1/sessions/" + session.get<std::string>());
    if (!found) return fail(found.error().what);
    state = found->value("state", std::string{});
  }
  const auto parsed = parse_delivery(*body, ProviderName{entry->value("provider", std::string{})}, wall_now());
  const Replayed outcome = parsed ? outcome_of(*parsed, state) : Replayed{"refused", "400: " + parsed.error().what};
  if (asking.json) {
    nlohmann::ordered_json json{{"id", id}, {"type", entry->value("type", "")}, {"recorded_as", entry->value("disposition", "")},
              {"would_be", outcome.disposition}, {"then", outcome.then}};
    terminal.out << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return 0;
  }
  terminal.out << "delivery " << id << " (" << printable(entry->value("type", ""), 80) << "), recorded as "
               << printable(entry->value("disposition", ""), 20) << "\n"
               << "If it came for the first time now, it would be " << outcome.disposition << ": "
               << printable(outcome.then, 300) << ".\n"
               << "Its repeat is answered 200 duplicate, and nothing moves. Nothing was changed by this look.\n";
  return 0;
}

}  // namespace keeper
