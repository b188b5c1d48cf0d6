// Keeps the answers of the most expensive paths for a few milliseconds, so that many clients that ask at once
// cost as much as one. An answer is found only while the view and the last transition are those that it was
// made from.
//
// Any thread.
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
  // Null unless there is an answer that was made from the same stamp within `age_max`.
  std::shared_ptr<const ApiAnswer> find(const std::string& target, const AnswerStamp& stamp);
  void keep(const std::string& target, AnswerStamp stamp, std::shared_ptr<const ApiAnswer> answer);
  void clear();

  // A limit, because rows also change without a transition.
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
