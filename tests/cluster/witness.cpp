#include "cluster/witness.h"

#include <map>
#include <sstream>

namespace keeper::cluster {
namespace {

// As a start at VideoSDK carries it in its metadata.
constexpr const char* session_tag = "session_keeper_session";

// VideoSDK's webhooks name a session with a prefix that its API does not have.
std::string bare(const std::string& id) { return id.starts_with("session-") ? id.substr(8) : id; }

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Json remotes_of(Nodes& nodes, const std::string& path) {
  std::optional<Json> answer;
  nodes.eventually(std::chrono::seconds{10}, [&] { return (answer = nodes.sandbox(path)).has_value(); });
  if (!answer) throw std::runtime_error("the sandbox does not answer");
  return answer->at("remotes");
}

void check_starts(const Json& remotes, Seen& seen) {
  std::map<std::string, int> by_session;
  for (const Json& remote : remotes) {
    ++seen.starts;
    const std::string session = remote.at("metadata").value(session_tag, "");
    if (!session.empty() && ++by_session[session] > 1) seen.broken.push_back("started twice: " + session);
    const Json& why = remote.at("end_reason");
    const bool is_kept = why.is_null() || why == "stopped" || why == "cancelled";
    if (!is_kept) seen.broken.push_back("lapsed: " + remote.dump());
  }
}

void check_deliveries(Nodes& nodes, const std::set<std::string>& acknowledged, Seen& seen) {
  std::map<std::string, int> rows;
  for (const std::string& id : lines_of(
           nodes.databases.ask("SELECT remote_id FROM session_keeper.deliveries WHERE provider = 'load'"))) {
    ++rows[id];
  }
  for (const std::string& id : acknowledged) {
    ++seen.deliveries;
    if (rows[id] != 1) {
      seen.broken.push_back("acknowledged, and " + std::to_string(rows[id]) + " times in the store: " + id);
    }
  }
}

// Transitions are counted without a gap, in the order of their commits.
void check_sequence(Nodes& nodes, Seen& seen) {
  const std::string gaps = nodes.databases.ask(
      "SELECT max(seq) - count(*) FROM session_keeper.transitions HAVING max(seq) <> count(*)");
  if (!gaps.empty()) seen.broken.push_back("transitions that are missing: " + gaps);
}

// The nodes whose log has the word.
std::string nodes_that_say(Nodes& nodes, const std::string& word) {
  std::string found;
  for (const std::string& node : Nodes::names()) {
    if (e2e::read_file(nodes.folder() / (node + ".log")).find(word) != std::string::npos) found += node;
  }
  return found;
}

void check_sessions(Nodes& nodes, const std::set<std::string>& made, Seen& seen) {
  std::map<std::string, std::string> state_of;
  for (const std::string& line :
       lines_of(nodes.databases.ask("SELECT remote_id, state || ' ' || resolved FROM session_keeper.sessions "
                                    "WHERE remote_id IS NOT NULL"))) {
    const auto bar = line.find('|');
    ++seen.sessions;
    if (!state_of.emplace(line.substr(0, bar), line.substr(bar + 1)).second) {
      seen.broken.push_back("two sessions have one remote: " + line);
    }
  }
  // After the rows, because a session has ended only once its remote has.
  for (const Json& remote : remotes_of(nodes, "/remotes")) {
    const auto state = state_of.find(bare(remote.at("id")));
    if (state == state_of.end()) {
      if (made.contains(remote.at("id"))) seen.broken.push_back("an orphan: " + remote.dump());
    } else if (remote.at("ended_at").is_null() && state->second.ends_with(" 1")) {
      seen.broken.push_back("lives, and its session has ended: " + remote.dump());
    }
  }
}

}  // namespace

Seen look(Nodes& nodes, const std::set<std::string>& acknowledged) {
  Seen seen;
  check_starts(remotes_of(nodes, "/remotes"), seen);
  check_deliveries(nodes, acknowledged, seen);
  check_sequence(nodes, seen);
  // An operator who is told of it looks for what was lost.
  const std::string tell = nodes_that_say(nodes, "store_lost_commits");
  if (!tell.empty()) seen.broken.push_back("lost commits are told of by nodes " + tell);
  return seen;
}

std::set<std::string> made_until_now(Nodes& nodes) {
  std::set<std::string> made;
  for (const Json& remote : remotes_of(nodes, "/remotes")) made.insert(remote.at("id"));
  return made;
}

Seen look_when_settled(Nodes& nodes, const std::set<std::string>& made,
                       const std::set<std::string>& acknowledged) {
  Seen seen = look(nodes, acknowledged);
  check_sessions(nodes, made, seen);
  return seen;
}

Seen look_after_loss(Nodes& nodes) {
  Seen seen;
  check_starts(remotes_of(nodes, "/remotes"), seen);
  check_sequence(nodes, seen);
  std::set<std::string> living;
  for (const Json& remote : remotes_of(nodes, "/remotes/live")) living.insert(remote.at("id"));
  nodes.live(std::chrono::seconds{10});
  check_sessions(nodes, living, seen);
  // A leader that begins after the loss does not know what there was, and says that rows may be lost.
  if (nodes_that_say(nodes, "store_lost_commits").empty() &&
      nodes_that_say(nodes, "starts_looked_up").empty())
    seen.broken.push_back("nobody tells of lost commits");
  return seen;
}

}  // namespace keeper::cluster
