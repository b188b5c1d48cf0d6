// Rules under which calls go wrong, and what then happens to a call.
// One thread at a time (the model's lock). Each rule draws from its own seeded generator.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "sandbox/codec.h"
#include "sandbox/wire.h"

namespace sandbox {

enum class BodyKind { json, problem, text, html };

// How a list goes wrong.
struct ListFault {
  int hides_ms = 0;              // what is younger is not in it
  std::optional<int> shows_max;  // the rest is missing, and the list does not show its end
  bool odd_items = false;        // some that no program can use stand among the others
  bool is_any() const { return hides_ms > 0 || shows_max || odd_items; }
};

struct Rule {
  std::optional<Provider> provider;
  std::optional<Operation> operation;
  double probability = 1.0;
  std::optional<std::int64_t> times;
  std::uint64_t seed = 1;
  int latency_ms = 0;
  bool latency_measured = false;
  bool latency_before_effect = false;
  std::optional<int> status;
  bool status_after_effect = false;
  std::optional<BodyKind> body;
  std::optional<std::string> retry_after;
  int slow_body_ms = 0;
  double reset_before_effect = 0;
  double reset_after_effect = 0;
  ListFault list;
};

// What befalls one call.
struct Verdict {
  std::chrono::milliseconds latency_before{0};
  std::chrono::milliseconds latency_after{0};
  std::optional<int> status;
  bool status_after_effect = false;
  std::optional<BodyKind> body;
  std::optional<std::string> retry_after;
  std::chrono::milliseconds slow_body{0};
  bool reset_before = false;
  bool reset_after = false;
  ListFault list;
};

class Faults {
 public:
  // The new rule's id, or why there is none. `wanted` holds no switches.
  std::string add(const Json& wanted, std::string& problem);
  bool remove(const std::string& id);
  void clear() { rules_.clear(); }
  Verdict judge(Provider provider, Operation operation);
  // Every rule as it was given, with its id and how often it struck.
  Json describe() const;

 private:
  struct Active {
    std::string id;
    Json given;
    Rule rule;
    Ids random;
    std::int64_t hits = 0;
  };

  // False if it came to nothing, which then does not count as one of its times.
  bool strike(Active& active, Operation operation, Verdict& verdict);

  std::deque<Active> rules_;
  int next_ = 1;
};

}  // namespace sandbox
