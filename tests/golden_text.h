// A text that a test finds, against the one that was agreed on in tests/golden/. KEEPER_UPDATE_GOLDEN=1
// writes it anew.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace keeper::test {

// What differs, line by line: the whole text is more than a test's output keeps. Empty: nothing.
inline std::string golden_difference(const std::string& name, const std::string& found) {
  const std::string path = std::string(KEEPER_SOURCE_DIR) + "/tests/golden/" + name;
  if (std::getenv("KEEPER_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << found;
  std::ifstream file(path);
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  std::istringstream one(found);
  std::istringstream other(expected);
  std::string text;
  for (std::string left, right; bool(std::getline(one, left)) | bool(std::getline(other, right));) {
    if (left != right) text += "found    " + left + "\nexpected " + right + "\n";
    left.clear();
    right.clear();
  }
  return text;
}

}  // namespace keeper::test
