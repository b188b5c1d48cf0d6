// A scenario that is carried out: each command of its file moves the world, and what the daemon's rounds did
// is the reaction. docs/testing.md lists the commands. The same file always gives the same reactions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/scenario_file.h"
#include "core/scenario_process.h"

namespace keeper::scenario {

class Scenario {
 public:
  Scenario();

  // Carries the command out. Throws std::runtime_error for a command that is none or that makes no sense now.
  std::string react(const Step& step);

 private:
  using Words = std::vector<std::string>;

  void boot(const Words& words, const std::vector<std::string>& input);
  void reload(const std::vector<std::string>& input);
  void pass(const Words& words);
  void clock(const Words& words);
  void crash(const Words& words);
  void disk(const Words& words);
  void answer(const Words& words);
  void remote(const Words& words);
  void deliver(const Words& words);
  void order(const Words& words);
  void show(const Words& words);
  void show_session(const Tracked& session);
  void show_deadlines(const Tracked& session);
  void show_plan(const PlanView& plan);
  void show_provider(const ProviderView& provider);
  std::shared_ptr<const Config> load(const std::vector<std::string>& input);

  Now now_{};
  Journal journal_{now_};
  Remotes remotes_;
  Process process_{journal_, remotes_, now_};
  std::shared_ptr<const Config> config_;
};

// Replaces the reactions of the file by what they are now. Throws std::runtime_error at a command that cannot
// be carried out; the reactions from there on are empty then.
void carry_out(File& file);

}  // namespace keeper::scenario
