#include "probe/claims.h"

#include <algorithm>

namespace keeper::probe {
namespace {

struct Text {
  Claim claim;
  std::string_view sentence;
  std::string_view consequence;
};

constexpr std::array<Text, claim_words.size()> texts{{
    {Claim::clock, "the provider's Date is right to within 5 s of this machine's clock",
     "times of creation are put on this machine's clock by Date; set the clock of this machine, or expect "
     "lost "
     "starts to be waited out"},
    {Claim::unknown, "a session that never was is answered as gone",
     "a session that the provider has forgotten is never seen to be gone, and its plan waits for it"},
    {Claim::start, "a start is answered with the session's id",
     "every start must be looked up in the list, and waited out where that shows nothing"},
    {Claim::active, "a session becomes active within start_timeout, in words that are known",
     "each session is stopped again as timed_out after start_timeout; correct `states`, or raise "
     "start_timeout"},
    {Claim::created_at, "created_at is the time of the start, by the provider's own clock",
     "where sessions carry no tag, a start whose answer was lost cannot be told from another's; it is waited "
     "out"},
    {Claim::maximum, "the maximum is the one that the plan asks for",
     "the session ends before it is replaced; give the plan the maximum that holds"},
    {Claim::listed, "a session is listed within 15 s of its start",
     "a start whose answer was lost is taken for absent and sent again: a second paid session"},
    {Claim::whole, "the list shows its own end",
     "the list proves no absence: a start whose answer was lost is waited out, and orphans beyond it stay"},
    {Claim::tag, "the list shows the tag that the start carried",
     "orphans cannot be told from strangers, and a start whose answer was lost is not found"},
    {Claim::second_start, "a second start with the same key makes no second session",
     "never send a start again by hand: only the list tells whether the first one took effect"},
    {Claim::heartbeat, "a heartbeat is accepted",
     "sessions end at their idle timeout whatever the plan says; the heartbeat's call is wrong or not "
     "allowed"},
    {Claim::heartbeat_moves, "a heartbeat puts off the idle timeout",
     "sessions end at their idle timeout though heartbeats are accepted; use another call, or roll over "
     "sooner"},
    {Claim::stop, "a stop ends the session within stop_timeout",
     "stopped sessions run and bill on; end them at the provider by hand"},
    {Claim::second_stop, "a second stop is answered as done",
     "each repeated stop costs a read, and counts as a failure of the provider"},
    {Claim::gone, "a stopped session is read as closed or as gone",
     "a stop is repeated for ever, or its end is recorded as a failure"},
    {Claim::unlisted, "a session leaves the list of live ones within a minute of its end",
     "the sweep takes it for an orphan and stops it again; it may still be billed"},
    {Claim::idle_timeout, "an idle session ends at the idle timeout that the plan asks for",
     "heartbeats are sent too rarely or for nothing, and a forgotten session bills longer; give the plan the "
     "idle timeout that holds"},
    {Claim::idle_end, "the end by the idle timeout is told as timed_out",
     "it is recorded as another end, so that `restart: on_failure` decides by the wrong word"},
    {Claim::billed, "a session is billed for its time, and for no less than the minimum", "see the bill"},
}};

const Text& text_of(Claim claim) {
  const auto found =
      std::find_if(texts.begin(), texts.end(), [&](const Text& text) { return text.claim == claim; });
  KEEPER_CHECK(found != texts.end());
  return *found;
}

}  // namespace

std::string_view sentence_of(Claim claim) { return text_of(claim).sentence; }

std::string_view consequence_of(Claim claim) { return text_of(claim).consequence; }

Findings::Findings() {
  for (const auto& word : claim_words) all_.push_back({word.value, Verdict::unmeasured, {}});
}

void Findings::set(Claim claim, Verdict verdict, std::string figure) {
  all_[static_cast<std::size_t>(claim)] = {claim, verdict, std::move(figure)};
}

void Findings::leave_out(Claim claim, std::string why) {
  Finding& finding = all_[static_cast<std::size_t>(claim)];
  if (finding.verdict == Verdict::unmeasured && finding.figure.empty()) finding.figure = std::move(why);
}

const Finding& Findings::of(Claim claim) const { return all_[static_cast<std::size_t>(claim)]; }

bool Findings::all_hold() const {
  return std::none_of(all_.begin(), all_.end(),
                      [](const Finding& finding) { return finding.verdict == Verdict::fails; });
}

}  // namespace keeper::probe
