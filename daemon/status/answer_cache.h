// The last answers of the costly lists, for the few milliseconds in which they cannot have changed: many
// readers then cost as much as one. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/locked.h"
#include "core/view.h"

namespace keeper {

struct ApiAnswer;

// What an answer was made from.
struct AnswerStamp {
  std::int64_t last_seq = 0;
  ViewPtr view;
  bool operator==(const AnswerStamp&) const = default;
};

class AnswerCache {
 public:
  // Null unless one was made from the same, within `age_max`.
  std::shared_ptr<const ApiAnswer> find(const std::string& target, const AnswerStamp& stamp);
  void keep(const std::string& target, AnswerStamp stamp, std::shared_ptr<const ApiAnswer> answer);
  void clear();

  // Rows also change without a transition.
  static constexpr std::chrono::milliseconds age_max{20};
  static constexpr std::size_t answers_max = 64;

 private:
  using Clock = std::chrono::steady_clock;
  struct Kept {
    AnswerStamp stamp;
    Clock::time_point made_at;
    std::shared_ptr<const ApiAnswer> answer;
  };
  Locked<std::map<std::string, Kept>> kept_;
};

}  // namespace keeper
