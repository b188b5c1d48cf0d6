#include "cli/nodes.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>

#include "base/text.h"
#include "base/time.h"
#include "cli/table.h"

namespace keeper {
namespace {

using Json = nlohmann::json;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds hand_over_limit{30};
constexpr std::chrono::milliseconds look_again{200};
constexpr std::size_t shown_max = 200;

std::string shown(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  return printable(found->is_string() ? found->get_ref<const std::string&>() : found->dump(), shown_max);
}

std::optional<std::int64_t> number_of(const Json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? std::optional(found->get<std::int64_t>())
                                                             : std::nullopt;
}

// "8.1s", "-0.4s".
std::string tenths(std::int64_t millis) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1fs", static_cast<double>(millis) / 1000);
  return text.data();
}

std::string offset_of(const Json& node) {
  const auto offset = number_of(node, "clock_offset_ms");
  if (!offset) return {};
  if (std::abs(*offset) >= 10'000) return (*offset > 0 ? "+" : "") + tenths(*offset);
  return (*offset >= 0 ? "+" : "") + std::to_string(*offset) + "ms";
}

std::string seen_of(const Json& node) {
  const auto seen = number_of(node, "seen_ago_ms");
  return seen ? to_text(std::chrono::floor<Seconds>(Millis{*seen})) : std::string{};
}

// What the words of its state mean for an operator.
std::string remark_on(const Json& node) {
  const std::string state = shown(node, "state");
  if (node.value("live", true) == false) return "was not seen for " + seen_of(node);
  if (state == "config_differs")
    return "has another configuration than the leader, and leads only if nobody else can";
  if (state == "too_old") return "does not know the store's tables, and never leads: upgrade it";
  if (state == "not_durable") return "may not lead, since the database could lose what it has acknowledged";
  if (state == "store_moved") return "may not lead, since the store was moved to a file";
  if (state == "clock_off") return "may not lead, since its clock is too far from the database's";
  return {};
}

// How many of the nodes that live have this one's name.
std::ptrdiff_t namesakes(const Json& node, const Json& nodes) {
  return std::count_if(nodes.begin(), nodes.end(), [&](const Json& other) {
    return other.value("live", true) && shown(other, "node") == shown(node, "node");
  });
}

void show_database(const Json& database, const Terminal& terminal) {
  if (!database.is_object()) {
    terminal.out << "the store is a file, which no other node can use\n";
    return;
  }
  const auto standbys = number_of(database, "synchronous_standbys").value_or(0);
  const std::string timeline = shown(database, "timeline");
  terminal.out << "database " << shown(database, "server") << ", PostgreSQL " << shown(database, "version")
               << (timeline.empty() ? "" : ", timeline " + timeline) << ", " << standbys
               << (standbys == 1 ? " synchronous standby" : " synchronous standbys") << ", durability "
               << shown(database, "durability") << "\n";
  if (const std::string why = shown(database, "unreachable"); !why.empty())
    terminal.out << "the database does not answer, and the table is old: " << why << "\n";
}

void show_nodes(const Json& answer, const Terminal& terminal) {
  const Json nodes = answer.value("nodes", Json::array());
  Table table({"NODE~", "STATE", "EPOCH", "LEASE", "SEEN", "VERSION~", "CONFIG", "CLOCK", "ADDRESS~"});
  for (const Json& node : nodes) {
    const auto lease = number_of(node, "lease_left_ms");
    table.row({shown(node, "node"), node.value("live", true) ? shown(node, "state") : "gone",
               shown(node, "epoch"), lease ? tenths(*lease) : std::string{}, seen_of(node),
               shown(node, "version"), shown(node, "config"), offset_of(node), shown(node, "address")});
  }
  table.print(terminal.out, terminal.columns, terminal.colour);
  show_database(answer.value("database", Json()), terminal);
  if (shown(answer, "leader").empty()) {
    const std::string why = shown(answer, "waits_for");
    terminal.out << "no node leads" << (why.empty() ? "" : ": " + why) << "\n";
  }
  if (answer.value("holds", false))
    terminal.out << "the lease of this node has run out: it keeps what lives, and starts nothing\n";
  std::string told;
  for (const Json& node : nodes) {
    const std::string name = shown(node, "node");
    if (const std::string remark = remark_on(node); !remark.empty())
      terminal.out << name << " " << remark << "\n";
    if (const auto same = namesakes(node, nodes); same > 1 && name != std::exchange(told, name))
      terminal.out << name << " is the name of " << same
                   << " daemons that live: give each a cluster.node of its own, and restart it\n";
  }
}

int failed(const Terminal& terminal, const Error& error) {
  terminal.err << "session-keeper: " << error.what << "\n";
  return 1;
}

// Empty: nobody leads, or the daemon that is asked does not answer now, as one that has handed over does not.
std::string leader_now(const Client& client) {
  const Result<std::string> body = client.get("/api/v1/nodes");
  const Result<Json> answer = body ? parse_answer(*body) : Result<Json>(body.error());
  return answer ? shown(*answer, "leader") : std::string{};
}

}  // namespace

std::string told_follower(const Json& answer) {
  const Json cluster = answer.is_object() ? answer.value("cluster", Json()) : Json();
  if (!cluster.is_object() || cluster.value("leads", true)) return {};
  const std::string leader = shown(cluster, "leader");
  const std::string address = shown(cluster, "leader_address");
  const std::string own = "this is node " + shown(cluster, "node") + ", a follower; ";
  if (leader.empty()) return own + "no node leads";
  return own + "node " + leader + " leads" + (address.empty() ? "" : ", at " + address) + "; ask it there";
}

int ask_nodes(const Asking& asking, const Terminal& terminal) {
  const Result<std::string> body = asking.client.get("/api/v1/nodes");
  if (!body) return failed(terminal, body.error());
  if (asking.json) return terminal.out << *body << "\n", 0;
  const Result<Json> answer = parse_answer(*body);
  if (!answer) return failed(terminal, answer.error());
  show_nodes(*answer, terminal);
  return 0;
}

int ask_switchover(const Asking& asking, const ControlRequest& request, const Terminal& terminal) {
  const Result<Secret> token = control_token(asking.client, request.token_file);
  if (!token) return failed(terminal, token.error());
  QueryParameters query;
  if (!request.target.empty()) query.emplace_back("node", request.target);
  const Result<std::string> body = asking.client.post("/api/v1/switchover", *token, query);
  if (!body) return failed(terminal, body.error());
  const Result<Json> asked = parse_answer(*body);
  if (!asked) return failed(terminal, asked.error());
  const std::string before = shown(*asked, "leader");
  const auto begin = SteadyClock::now();
  std::string leader = before;
  while (leader.empty() || leader == before) {
    if (SteadyClock::now() - begin > hand_over_limit) {
      return failed(terminal,
                    {ErrorKind::storage, "asked, but no other node leads after 30 s: " +
                                             (leader.empty() ? "none does" : "node " + leader + " does") +
                                             "; see session-keeper nodes"});
    }
    std::this_thread::sleep_for(look_again);
    leader = leader_now(asking.client);
  }
  const auto took = std::chrono::duration_cast<Millis>(SteadyClock::now() - begin).count();
  if (asking.json) {
    terminal.out << Json{{"leader", leader}, {"before", before}, {"took_ms", took}}.dump() << "\n";
  } else {
    terminal.out << "node " << leader << " leads, " << tenths(took) << " after node " << before
                 << " was asked to hand over\n";
  }
  if (request.target.empty() || leader == request.target) return 0;
  return failed(terminal, {ErrorKind::storage, "it was to be node " + request.target});
}

}  // namespace keeper
