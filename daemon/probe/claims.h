// The claims that a probe measures, with their words and what each of them says, and what was found. A claim
// is what an adapter, a description or a plan takes for true of a provider. Plain values; any thread.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/words.h"

namespace keeper::probe {

enum class Claim {
  clock,
  unknown,
  start,
  active,
  created_at,
  maximum,
  listed,
  whole,
  tag,
  second_start,
  heartbeat,
  heartbeat_moves,
  stop,
  second_stop,
  gone,
  unlisted,
  idle_timeout,
  idle_end,
  billed,
};

inline constexpr std::array<Word<Claim>, 19> claim_words{{
    {Claim::clock, "clock"},
    {Claim::unknown, "unknown"},
    {Claim::start, "start"},
    {Claim::active, "active"},
    {Claim::created_at, "created_at"},
    {Claim::maximum, "maximum"},
    {Claim::listed, "listed"},
    {Claim::whole, "whole"},
    {Claim::tag, "tag"},
    {Claim::second_start, "second_start"},
    {Claim::heartbeat, "heartbeat"},
    {Claim::heartbeat_moves, "heartbeat_moves"},
    {Claim::stop, "stop"},
    {Claim::second_stop, "second_stop"},
    {Claim::gone, "gone"},
    {Claim::unlisted, "unlisted"},
    {Claim::idle_timeout, "idle_timeout"},
    {Claim::idle_end, "idle_end"},
    {Claim::billed, "billed"},
}};
inline std::string_view to_string(Claim claim) { return word_of(claim_words, claim); }

// One sentence of what the claim says.
std::string_view sentence_of(Claim claim);
// What follows for whoever keeps sessions there, where the claim does not hold.
std::string_view consequence_of(Claim claim);

enum class Verdict { holds, fails, unmeasured };

inline constexpr std::array<Word<Verdict>, 3> verdict_words{{
    {Verdict::holds, "holds"},
    {Verdict::fails, "does_not_hold"},
    {Verdict::unmeasured, "not_measured"},
}};
inline std::string_view to_string(Verdict verdict) { return word_of(verdict_words, verdict); }

struct Finding {
  Claim claim = Claim::clock;
  Verdict verdict = Verdict::unmeasured;
  std::string figure;  // what was measured, or why nothing was; printable, without secrets
};

// One finding for each claim, in the order of the list. What was not set is unmeasured.
class Findings {
 public:
  Findings();

  void set(Claim claim, Verdict verdict, std::string figure);
  // As set(), unless the claim was measured before.
  void leave_out(Claim claim, std::string why);
  const Finding& of(Claim claim) const;
  const std::vector<Finding>& all() const { return all_; }
  bool all_hold() const;  // of what was measured

 private:
  std::vector<Finding> all_;
};

}  // namespace keeper::probe
