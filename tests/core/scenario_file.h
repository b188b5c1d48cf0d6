// The file of a scenario: sentences that say what it shows, then steps. A step is a command, the lines that
// belong to it, a line `----`, and the reaction that was printed; a blank line ends it. Knows the form alone,
// not what a command does.
//
//   # What this shows.
//
//   answer start r1
//   ----
//   0:00  disk  s1: queued -> active, start_confirmed (provider_answer)
#pragma once

#include <string>
#include <vector>

namespace keeper::scenario {

struct Step {
  int line = 0;  // of the command, from 1
  std::string command;
  std::vector<std::string> input;  // the lines up to `----`
  std::string reaction;            // whole lines
};

struct File {
  std::string introduction;  // whole lines, each with its '#'
  std::vector<Step> steps;
};

// Throws std::runtime_error that names the line: a step without `----`, a file without sentences or steps.
File parse(const std::string& text);

std::string render(const File& file);

}  // namespace keeper::scenario
