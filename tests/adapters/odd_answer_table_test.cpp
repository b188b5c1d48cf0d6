// Every odd answer at every call of every adapter: what the adapter said of it, and what the keeper made of
// that, stand in a table. In no cell are there two remotes at the same time, is a start repeated that may
// have been carried out, or is a session lost that lives. KEEPER_UPDATE_GOLDEN=1 writes the table anew.
#include <set>

#include "adapters/keeping.h"
#include "golden_text.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

using std::chrono::minutes;

std::string told_remotes(const Answer& answer) {
  if (answer.kind == EffectKind::cleanup) return "done";
  if (answer.kind == EffectKind::find || answer.kind == EffectKind::list) {
    const std::size_t count = answer.remotes->size();
    return (answer.whole ? "all: " : "some: ") + std::to_string(count);
  }
  const Remote& remote = answer.remotes->at(0);
  if (remote.progress == Progress::ended) return "it ended";
  return remote.heartbeat_error.empty() ? "a session" : "a session, not its heartbeat";
}

std::string told_answer(const Story& story) {
  if (!story.struck) return "never asked";
  const auto& remotes = story.struck->remotes;
  if (remotes.ok()) return told_remotes(*story.struck);
  std::string text(to_string(remotes.error().kind));
  if (const auto wait = remotes.error().retry_after) text += " for " + to_text(*wait);
  return text;
}

struct Call {
  std::string name;
  std::vector<EffectKind> kinds;
  Part part = Part::read;
};

bool is_made(const Call& call, const Adapter& adapter) {
  if (call.name == "heartbeat") return adapter.beats;
  if (call.name == "read") return adapter.reads;
  return adapter.finds || (call.name != "look-up" && call.name != "list");
}

bool is_for_every_call(const OddAnswer& answer) { return answer.for_every_call && !answer.unprompted; }

Millis request_timeout(const OddAnswer& answer) {
  return answer.ending == WireEnd::hangs ? Millis{600} : Seconds{5};
}

// A start that may have been carried out is not said to have been refused, nor the other way round.
void check_start(const OddAnswer& answer, const Story& story) {
  if (!story.struck) throw std::runtime_error("no start was answered oddly");
  const auto& remotes = story.struck->remotes;
  CHECK(remotes.ok() == (answer.proof == Proof::done));
  const bool is_unclear = !remotes.ok() && remotes.error().kind == ErrorKind::maybe_applied;
  CHECK(is_unclear == (answer.proof == Proof::nothing));
}

std::string at_start(const Adapter& adapter, const Call& call, const OddAnswer& answer) {
  Keeping keeping(adapter, request_timeout(answer), Keeping::By::gateway);
  keeping.gateway().strike(answer, call.kinds, call.part, 1);
  const bool waits_long = answer.name == "402" || answer.name == "429, Retry-After 10^12";
  keeping.run(minutes{waits_long ? 130 : adapter.finds ? 8 : 25});
  check_start(answer, keeping.story());
  CHECK(keeping.is_active());
  CHECK(keeping.live() == 1);
  // Without a list, a remote that a lost start made ends by its idle timeout, and nobody ever hears of it.
  if (adapter.finds) CHECK(keeping.unknown() == 0);
  if (adapter.finds) CHECK(keeping.made() == 1);
  CHECK_FALSE(keeping.gateway().saw_cookie());
  return told_answer(keeping.story()) + "; " + told_start(keeping.story()) + "; made " +
         std::to_string(keeping.made());
}

// The answer to a start is lost, and what it is looked up by is answered oddly.
std::string at_look_up(const Adapter& adapter, const Call& call, const OddAnswer& answer) {
  Keeping keeping(adapter, request_timeout(answer), Keeping::By::gateway);
  keeping.playground().fault({{"operation", "start"}, {"reset_after_effect", 1.0}, {"times", 1}});
  // A second 401 lasts longer than a start may take, and an empty list is an empty list.
  const std::set<std::string> once{"401", "204", "200 {}", "null"};
  keeping.gateway().strike(answer, call.kinds, call.part, once.contains(answer.name) ? 1 : 2);
  keeping.run(minutes{8});
  CHECK(keeping.is_active());
  CHECK(keeping.live() == 1);
  CHECK(keeping.unknown() == 0);
  CHECK(keeping.made() == 1);
  return told_answer(keeping.story()) + "; " + told_start(keeping.story());
}

// A session lives, then a call for it goes wrong. It must go on living, and no other be started.
std::string while_it_lives(const Adapter& adapter, const Call& call, const OddAnswer& answer) {
  Keeping keeping(adapter, request_timeout(answer), Keeping::By::gateway);
  keeping.run(Seconds{90});
  CHECK(keeping.is_active());
  keeping.story() = {};
  // Twice in a row the provider's word that it does not know the session is the truth.
  const bool is_gone = answer.name == "404" || answer.name == "410";
  keeping.gateway().strike(answer, call.kinds, call.part, is_gone ? 1 : 2);
  keeping.run(minutes{12});
  CHECK(keeping.is_active());
  CHECK(keeping.live() == 1);
  CHECK(keeping.unknown() == 0);
  CHECK(keeping.made() == 1);
  CHECK(keeping.story().ended == 0);
  CHECK_FALSE(keeping.gateway().saw_cookie());
  return told_answer(keeping.story());
}

std::string when_stopped(const Adapter& adapter, const Call& call, const OddAnswer& answer) {
  Keeping keeping(adapter, request_timeout(answer), Keeping::By::gateway);
  keeping.run(Seconds{90});
  CHECK(keeping.live() == 1);
  keeping.story() = {};
  keeping.gateway().strike(answer, call.kinds, call.part, 2);
  keeping.stop();
  keeping.run(minutes{12});
  CHECK(keeping.story().struck);
  CHECK(keeping.live() == 0);
  CHECK(keeping.story().starts.empty());
  return told_answer(keeping.story()) +
         (keeping.story().calls[EffectKind::stop] > 1 ? "; stopped again" : "");
}

// A session has ended, and what it left is not cleaned up: only a clear word ends the trying.
std::string when_cleaned_up(const Adapter& adapter, const Call& call, OddAnswer answer) {
  answer.acts = false;
  Keeping keeping(adapter, request_timeout(answer), Keeping::By::gateway);
  keeping.run(Seconds{90});
  CHECK(keeping.live() == 1);
  keeping.story() = {};
  keeping.gateway().strike(answer, call.kinds, call.part, 2);
  keeping.playground().ask("POST", "/remotes/" + keeping.first_live() + "/end", R"({"as":"closed"})");
  keeping.run(minutes{25});
  CHECK(keeping.is_active());
  CHECK(keeping.made() == 2);
  CHECK(keeping.unknown() == 0);
  if (!keeping.story().struck) throw std::runtime_error("no cleanup was answered oddly");
  const auto& told = keeping.story().struck->remotes;
  const bool is_believed = told.ok() || told.error().kind == ErrorKind::gone;
  CHECK(keeping.billed() == (is_believed ? 2U : 1U));
  return told_answer(keeping.story()) +
         (keeping.story().calls[EffectKind::cleanup] > 1 ? "; cleaned up again" : "");
}

std::string odd_cell(const Adapter& adapter, const Call& call, const OddAnswer& answer) {
  if (!is_made(call, adapter)) return "no such call";
  INFO(adapter.name << ", " << call.name << ": " << answer.name);
  try {
    if (call.name == "start") return at_start(adapter, call, answer);
    if (call.name == "look-up" || call.name == "find") return at_look_up(adapter, call, answer);
    if (call.name == "cleanup") return when_cleaned_up(adapter, call, answer);
    if (call.name == "stop") return when_stopped(adapter, call, answer);
    return while_it_lives(adapter, call, answer);
  } catch (const std::exception& failure) {
    FAIL_CHECK(failure.what());
    return "failed";
  }
}

std::string odd_table(const Call& call, const std::vector<Adapter>& at,
                      const std::vector<OddAnswer>& answers) {
  std::string text = "\n## " + call.name + "\n\n| answer |";
  std::string line = "|---|";
  for (const Adapter& adapter : at) {
    text += " " + adapter.name + " |";
    line += "---|";
  }
  text += "\n" + line + "\n";
  for (const OddAnswer& answer : answers) {
    if (call.name != "start" && !is_for_every_call(answer)) continue;
    text += "| " + answer.name + " |";
    for (const Adapter& adapter : at) text += " " + odd_cell(adapter, call, answer) + " |";
    text += "\n";
  }
  return text;
}

std::string difference_of_table(const Call& call, const std::vector<Adapter>& at = adapters(),
                                const std::vector<OddAnswer>& answers = odd_answers()) {
  return golden_difference("adapters/odd_" + call.name + ".md", odd_table(call, at, answers));
}

std::vector<Adapter> vendors(const std::set<std::string>& names) {
  std::vector<Adapter> some = vendor_adapters();
  std::erase_if(some, [&](const Adapter& each) { return !names.contains(each.name); });
  return some;
}

// With two that only calls of one session can get.
std::vector<OddAnswer> odd_answers_of_one() {
  std::vector<OddAnswer> all = odd_answers();
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: @date\r\n\r\n";
  for (const char* list : {"[]", "[@body]"}) {
    OddAnswer answer{std::string("a list in the place of an object: ") + list, Proof::nothing, head + list,
                     WireEnd::closes};
    answer.for_every_call = true;
    all.push_back(std::move(answer));
  }
  for (OddAnswer& answer : all) answer.for_every_call = answer.for_every_call || answer.name == "409";
  return all;
}

}  // namespace

// A case for each call, so that the cores share them.
TEST_CASE("what the keeper makes of each odd answer to a start stands in the table") {
  CHECK(difference_of_table({"start", {EffectKind::start}, Part::order}) == "");
}

TEST_CASE("what the keeper makes of each odd answer to a look-up stands in the table") {
  CHECK(difference_of_table({"look-up", {EffectKind::find}}) == "");
}

TEST_CASE("what the keeper makes of each odd answer to a heartbeat stands in the table") {
  CHECK(difference_of_table({"heartbeat", {EffectKind::keep_alive, EffectKind::observe}, Part::order}) == "");
}

TEST_CASE("what the keeper makes of each odd answer to a read stands in the table") {
  CHECK(difference_of_table({"read", {EffectKind::observe, EffectKind::keep_alive}}) == "");
}

TEST_CASE("what the keeper makes of each odd answer to a list stands in the table") {
  CHECK(difference_of_table({"list", {EffectKind::list}}) == "");
}

TEST_CASE("what the keeper makes of each odd answer to a stop stands in the table") {
  CHECK(difference_of_table({"stop", {EffectKind::stop}, Part::order}) == "");
}

TEST_CASE("what the keeper makes of each odd answer to a find by an id of ours stands in the table") {
  CHECK(difference_of_table({"find", {EffectKind::find}}, vendors({"kernel", "steel", "daytona"}),
                            odd_answers_of_one()) == "");
}

TEST_CASE("what the keeper makes of each odd answer to a cleanup stands in the table") {
  CHECK(difference_of_table({"cleanup", {EffectKind::cleanup}, Part::order}, vendors({"daytona"}),
                            odd_answers_of_one()) == "");
}
