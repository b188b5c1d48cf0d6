// docs/session-life.md against the code: each row of its tables is compared with what the keeper's own
// functions do.
#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/bench.h"
#include "core/condition.h"
#include "core/deadlines.h"
#include "core/draft.h"
#include "core/lifecycle.h"
#include "core/settle.h"

using namespace keeper;

namespace {

constexpr Now now = bench::Bench::monday;
constexpr Millis moment{1};

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(std::string(KEEPER_SOURCE_DIR) + "/" + path);
  REQUIRE(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" `");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" `") - first + 1);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::string part;
  for (std::istringstream in(text); std::getline(in, part, at);) parts.push_back(trimmed(part));
  return parts;
}

using Row = std::map<std::string, std::string>;

// The rows of the table whose first column is called so, by the names of its columns.
std::vector<Row> table(const std::string& first_column) {
  std::vector<Row> rows;
  std::vector<std::string> head;
  for (const std::string& line : lines_of("docs/session-life.md")) {
    if (line.empty() || line.front() != '|') {
      head.clear();
      continue;
    }
    const std::vector<std::string> cells = split(line.substr(1), '|');
    if (head.empty()) {
      head = cells;
    } else if (head.front() == first_column && cells.front().substr(0, 3) != "---") {
      REQUIRE(cells.size() == head.size());
      Row row;
      for (std::size_t i = 0; i < cells.size(); ++i) row[head[i]] = cells[i];
      rows.push_back(std::move(row));
    }
  }
  REQUIRE_FALSE(rows.empty());
  return rows;
}

std::shared_ptr<const Config> config() {
  auto made = std::make_shared<Config>(test::known_config());
  made->plans[PlanName{"p"}] = bench::always_plan("p", "notte");
  Traits traits;
  traits.has_heartbeat = true;
  traits.request_timeout = Seconds{30};
  traits.max_concurrent = 4;
  made->providers[ProviderName{"notte"}] = traits;
  return made;
}

Tracked session(State state, Progress progress) {
  Tracked made;
  made.row.id = SessionId{"s"};
  made.row.plan = PlanName{"p"};
  made.row.provider = ProviderName{"notte"};
  made.row.state = state;
  made.row.progress = progress;
  made.row.created_at = now.wall;
  if (state != State::queued) made.row.active_at = now.wall;
  if (is_terminal(state)) made.row.ended_at = now.wall;
  if (state != State::queued) made.row.remote_id = RemoteId{"r"};
  call_now(made, now.mono);
  return made;
}

// A keeper that holds this session alone.
World world_with(const Tracked& one) {
  World world;
  world.config = config();
  Decision load;
  load.values_after = world;
  load.sessions.push_back({one.row.id, std::nullopt, one});
  world.apply(load);
  return world;
}

Decision settled(const Tracked& one, Now at = now) {
  const World world = world_with(one);
  Draft draft(world, at);
  settle(draft, one.row.id);
  return draft.finish();
}

struct Case {
  Tracked session;
  Row words;
};

constexpr std::array<Progress, 5> all_progress{Progress::asked, Progress::starting, Progress::started,
                                               Progress::stopping, Progress::ended};
const std::map<Progress, std::string> progress_words{{Progress::asked, "asked"},
                                                     {Progress::starting, "starting"},
                                                     {Progress::started, "started"},
                                                     {Progress::stopping, "stopping"},
                                                     {Progress::ended, "ended"}};

// Every session that the invariants allow; what has ended has a remote, or it would be resolved.
std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const State state : all_states) {
    for (const Progress progress : all_progress) {
      for (int bits = 0; bits < 16; ++bits) {
        const bool ending = bits & 1, remote = bits & 2, sent = bits & 4, beat = bits & 8;
        Tracked one = session(state, progress);
        one.row.remote_id = remote ? std::optional(RemoteId{"r"}) : std::nullopt;
        if (ending) one.row.ending = Ending{};
        if (sent) one.row.start_sent_at = now.wall;
        if (beat) arm_heartbeat(one, now.mono, Millis{0});
        look_again(one, now.mono);
        if (!broken_invariant(world_with(one), one, now).empty() || (is_terminal(state) && !remote)) continue;
        cases.push_back({one,
                         {{"state", std::string(to_string(state))},
                          {"progress", progress_words.at(progress)},
                          {"ending", ending ? "yes" : "no"},
                          {"remote id", remote ? "known" : "unknown"},
                          {"start sent", sent ? "yes" : "no"},
                          {"heartbeat due", beat ? "yes" : "no"}}});
      }
    }
  }
  return cases;
}

bool matches(const Row& row, const Row& words) {
  return std::all_of(words.begin(), words.end(), [&](const auto& word) {
    const std::vector<std::string> allowed = split(row.at(word.first), ',');
    return allowed.front() == "any" ||
           std::find(allowed.begin(), allowed.end(), word.second) != allowed.end();
  });
}

std::string next_call(const Decision& decision) {
  REQUIRE(decision.effects.size() <= 1);
  return decision.effects.empty() ? "none" : std::string(to_string(decision.effects.front().kind));
}

}  // namespace

TEST_CASE("the page's table of next calls is what settle sends, for every session that there can be") {
  const std::vector<Row> rows = table("state");
  std::set<const Row*> used;
  for (const Case& one : all_cases()) {
    for (const auto& [column, word] : one.words) UNSCOPED_INFO(column << ": " << word);
    std::vector<const Row*> found;
    for (const Row& row : rows) {
      if (matches(row, one.words)) found.push_back(&row);
    }
    REQUIRE(found.size() == 1);
    used.insert(found.front());
    CHECK(next_call(settled(one.session)) == found.front()->at("next call"));
  }
  CHECK(used.size() == rows.size());
}

TEST_CASE("the page's table of who may move what is what the functions do") {
  const std::map<std::string, std::function<void(Draft&)>> functions{
      {"activate",
       [](Draft& draft) {
         activate(draft, SessionId{"s"}, Reason::observed, Cause::poll, draft.now().wall);
       }},
      {"ask_end", [](Draft& draft) {
         ask_end(draft, SessionId{"s"}, State::closed, Reason::stopped_by_plan, Cause::schedule);
       }}};
  const std::vector<Row> rows = table("function");
  CHECK(rows.size() == functions.size());
  for (const Row& row : rows) {
    for (const State state : all_states) {
      const World world =
          world_with(session(state, is_terminal(state) ? Progress::ended : Progress::starting));
      Draft draft(world, now);
      functions.at(row.at("function"))(draft);
      const SessionRow& after = draft.find(SessionId{"s"})->row;
      const std::string became = after.ending           ? "ending"
                                 : after.state != state ? std::string(to_string(after.state))
                                                        : "same";
      INFO(row.at("function") << " of a session that is " << to_string(state));
      CHECK(became == row.at(std::string(to_string(state))));
      CHECK((!after.ending || after.state == state));
    }
  }
}

namespace {

std::set<std::string> changed(const Tracked& before, const Tracked& after, const Slot& old_slot,
                              const Slot& slot) {
  std::set<std::string> names;
  if (!(before.call_at == after.call_at)) names.insert("call_at");
  if (!(before.beat_at == after.beat_at)) names.insert("beat_at");
  if (!(before.idle_at == after.idle_at)) names.insert("idle_at");
  if (!(before.hard_at == after.hard_at)) names.insert("hard_at");
  if (!(before.own_hard_at == after.own_hard_at)) names.insert("own_hard_at");
  if (!(before.rollover_at == after.rollover_at)) names.insert("rollover_at");
  if (!(before.start_by == after.start_by)) names.insert("start_by");
  if (!(before.stop_by == after.stop_by)) names.insert("stop_by");
  if (!(before.due == after.due)) names.insert("due");
  if (!(old_slot == slot)) names.insert("retry_at");
  return names;
}

// Each function of core/deadlines.h, called so that what it can change does change.
std::map<std::string, std::function<void(Tracked&, Slot&)>> setters() {
  static const Plan plan = bench::always_plan("p", "notte");
  constexpr Millis hour = std::chrono::hours{1};
  const Mono at = now.mono;
  return {{"call_now", [=](Tracked& s, Slot&) { call_now(s, at); }},
          {"hasten_call", [=](Tracked& s, Slot&) { hasten_call(s, at); }},
          {"arm_watch", [=](Tracked& s, Slot&) { arm_watch(s, at, hour); }},
          {"arm_retry", [=](Tracked& s, Slot&) { arm_retry(s, at); }},
          {"retry_heartbeat", [=](Tracked& s, Slot&) { retry_heartbeat(s, at + hour); }},
          {"wait_out_start", [=](Tracked& s, Slot&) { wait_out_start(s, at); }},
          {"block_start", [=](Tracked& s, Slot&) { block_start(s, at + 9 * hour, &plan); }},
          {"arm_heartbeat", [=](Tracked& s, Slot&) { arm_heartbeat(s, at, hour); }},
          {"repeat_heartbeat", [=](Tracked& s, Slot&) { repeat_heartbeat(s, at, hour); }},
          {"drop_heartbeat", [=](Tracked& s, Slot&) { drop_heartbeat(s); }},
          {"arm_idle_timeout", [=](Tracked& s, Slot&) { arm_idle_timeout(s, at, hour); }},
          {"arm_maximum", [=](Tracked& s, Slot&) { arm_maximum(s, at, hour); }},
          {"arm_own_maximum", [=](Tracked& s, Slot&) { arm_own_maximum(s, at, hour); }},
          {"arm_rollover", [=](Tracked& s, Slot&) { arm_rollover(s, at); }},
          {"postpone_rollover", [=](Tracked& s, Slot&) { postpone_rollover(s, at); }},
          {"drop_rollover", [=](Tracked& s, Slot&) { drop_rollover(s); }},
          {"arm_start_timeout", [=](Tracked& s, Slot&) { arm_start_timeout(s, at, hour); }},
          {"extend_start_timeout", [=](Tracked& s, Slot&) { extend_start_timeout(s, at, 9 * hour); }},
          {"cut_start_timeout", [=](Tracked& s, Slot&) { cut_start_timeout(s, at, hour); }},
          {"defer_start_timeout", [=](Tracked& s, Slot&) { defer_start_timeout(s, hour); }},
          {"drop_start_timeout", [=](Tracked& s, Slot&) { drop_start_timeout(s); }},
          {"arm_stop_timeout", [=](Tracked& s, Slot&) { arm_stop_timeout(s, at, hour); }},
          {"look_again", [=](Tracked& s, Slot&) { look_again(s, at); }},
          {"arm_attempt", [=](Tracked&, Slot& slot) { arm_attempt(slot, at, hour); }}};
}

// A session whose deadlines are all set, so that a call of any setter shows.
Tracked armed() {
  Tracked one = session(State::active, Progress::started);
  const Mono later = now.mono + std::chrono::hours{5};
  arm_retry(one, later);
  arm_heartbeat(one, now.mono, Millis{0});
  arm_rollover(one, later);
  arm_start_timeout(one, later, Millis{0});
  return one;
}

std::set<std::string> named_functions() {
  std::set<std::string> names;
  const std::regex declaration("^void ([a-z_]+)\\(");
  for (const std::string& line : lines_of("daemon/core/deadlines.h")) {
    std::smatch match;
    if (std::regex_search(line, match, declaration)) names.insert(match[1]);
  }
  return names;
}

// Sets the deadline to this moment, with what it needs to count.
void set_deadline(const std::string& name, Tracked& session, Mono at) {
  if (name == "idle_at") arm_heartbeat(session, at, std::chrono::hours{2});
  if (name == "idle_at") arm_idle_timeout(session, at, Millis{0});
  if (name == "beat_at") arm_heartbeat(session, at, Millis{0});
  if (name == "hard_at") arm_maximum(session, at, Millis{0});
  if (name == "own_hard_at") arm_own_maximum(session, at, Millis{0});
  if (name == "rollover_at") arm_rollover(session, at);
  if (name == "start_by") arm_start_timeout(session, at, Millis{0});
  if (name == "stop_by") arm_stop_timeout(session, at, Millis{0});
  if (name == "call_at") arm_retry(session, at);
  if (name == "due") look_again(session, at);
}

// The ending that a session with this deadline gets by then: "timed_out, idle_timeout"; "–": none.
std::string ending_at(const std::string& deadline, Mono at, Mono by) {
  Tracked one = session(State::active, Progress::started);
  arm_retry(one, by + moment);
  set_deadline(deadline, one, at);
  const Decision decision = settled(one, {now.wall + (by - now.mono), by});
  if (decision.sessions.empty()) return "–";
  const auto& ending = decision.sessions.front().after->row.ending;
  return ending ? std::string(to_string(ending->state)) + ", " + std::string(to_string(ending->reason)) : "–";
}

}  // namespace

TEST_CASE("the page's table of deadlines names each function of core/deadlines.h beside what it sets") {
  std::map<std::string, std::set<std::string>> page;  // what each function sets
  for (const Row& row : table("deadline")) {
    for (const std::string& function : split(row.at("set by"), ','))
      page[function].insert(row.at("deadline"));
  }
  std::set<std::string> tried;
  for (const auto& [name, call] : setters()) {
    tried.insert(name);
    Tracked one = armed();
    Slot slot;
    const Tracked before = one;
    call(one, slot);
    INFO(name);
    CHECK(page[name] == changed(before, one, Slot{}, slot));
  }
  CHECK(tried == named_functions());
  CHECK(page.size() == tried.size());
}

TEST_CASE("a deadline that passes does what the page says, after the grace that it says") {
  const Mono at = now.mono + std::chrono::hours{1};
  const Millis grace = provider_grace(config()->providers.at(ProviderName{"notte"}));
  for (const Row& row : table("deadline")) {
    const std::string& name = row.at("deadline");
    const Mono passes = row.at("grace") == "yes" ? at + grace : at;
    INFO(name);
    CHECK(ending_at(name, at, passes - moment) == "–");
    CHECK(ending_at(name, at, passes) == row.at("ends as"));
  }
}

TEST_CASE("the page names every time that the keeper's memory has") {
  std::string page;
  for (const std::string& line : lines_of("docs/session-life.md")) page += line + "\n";
  const std::regex member("^  (Mono|Moment|SessionDeadline|Wall) ([a-z_]+)( =|\\{|;)");
  int times = 0;
  for (const char* file : {"daemon/core/world.h", "daemon/core/held.h"}) {
    for (const std::string& line : lines_of(file)) {
      std::smatch match;
      if (!std::regex_search(line, match, member)) continue;
      ++times;
      INFO(file << ": " << match[2]);
      CHECK(page.find("`" + match[2].str() + "`") != std::string::npos);
    }
  }
  CHECK(times > 15);
}
