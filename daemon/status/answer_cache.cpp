#include "status/answer_cache.h"

#include <utility>

namespace keeper {

std::shared_ptr<const ApiAnswer> AnswerCache::find(const std::string& target, const AnswerStamp& stamp) {
  return kept_.with([&](auto& kept) -> std::shared_ptr<const ApiAnswer> {
    const auto found = kept.find(target);
    if (found == kept.end() || !(found->second.stamp == stamp)) return nullptr;
    return Clock::now() - found->second.made_at < age_max ? found->second.answer : nullptr;
  });
}

void AnswerCache::keep(const std::string& target, AnswerStamp stamp,
                       std::shared_ptr<const ApiAnswer> answer) {
  kept_.with([&](auto& kept) {
    if (kept.size() >= answers_max && !kept.contains(target)) kept.clear();
    kept[target] = {std::move(stamp), Clock::now(), std::move(answer)};
  });
}

void AnswerCache::clear() {
  kept_.with([](auto& kept) { kept.clear(); });
}

}  // namespace keeper
