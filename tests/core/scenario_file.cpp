#include "core/scenario_file.h"

#include <sstream>
#include <stdexcept>

namespace keeper::scenario {
namespace {

constexpr const char* rule = "----";

[[noreturn]] void fail(int line, const std::string& what) {
  throw std::runtime_error("line " + std::to_string(line) + ": " + what);
}

}  // namespace

File parse(const std::string& text) {
  File file;
  std::istringstream lines(text);
  bool reacts = false;
  bool open = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) {
      if (open && !reacts) fail(number, "the command '" + file.steps.back().command + "' has no line ----");
      open = reacts = false;
    } else if (!open && line.front() == '#') {
      if (!file.steps.empty()) fail(number, "sentences stand at the beginning of the file alone");
      file.introduction += line + "\n";
    } else if (!open) {
      file.steps.push_back({number, line, {}, {}});
      open = true;
    } else if (reacts) {
      file.steps.back().reaction += line + "\n";
    } else if (line == rule) {
      reacts = true;
    } else {
      file.steps.back().input.push_back(line);
    }
  }
  if (open && !reacts) fail(number, "the command '" + file.steps.back().command + "' has no line ----");
  if (file.introduction.empty()) fail(1, "the file does not say what it shows");
  if (file.steps.empty()) fail(number, "the file has no commands");
  return file;
}

std::string render(const File& file) {
  std::string text = file.introduction;
  for (const Step& step : file.steps) {
    text += "\n" + step.command + "\n";
    for (const std::string& line : step.input) text += line + "\n";
    text += std::string(rule) + "\n" + step.reaction;
  }
  return text;
}

}  // namespace keeper::scenario
