#include "runtime/late_words.h"

#include <algorithm>

namespace keeper {

std::vector<LateStart> LateWords::untold(const std::vector<LateStart>& there) {
  return words_.with([&](std::map<LateStart, bool>& words) {
    std::erase_if(words, [&](const auto& one) {
      return std::find(there.begin(), there.end(), one.first) == there.end();
    });
    std::vector<LateStart> untold;
    for (const LateStart& word : there) {
      if (words.emplace(word, false).second) untold.push_back(word);
    }
    return untold;
  });
}

void LateWords::settle(const LateStart& word, bool is_on_disk) {
  words_.with([&](std::map<LateStart, bool>& words) {
    const auto found = words.find(word);
    if (found == words.end()) return;
    if (is_on_disk) {
      found->second = true;
    } else {
      words.erase(found);
    }
  });
}

std::vector<LateStart> LateWords::told() {
  return words_.with([](const std::map<LateStart, bool>& words) {
    std::vector<LateStart> told;
    for (const auto& [word, is_on_disk] : words) {
      if (is_on_disk) told.push_back(word);
    }
    return told;
  });
}

}  // namespace keeper
