// Shell completion: scripts that are made from the declarations of the commands, so that they never lag
// behind. The function keeps no state.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace keeper {

// A script for bash, zsh or fish; empty for another shell. `app`: with all of its commands declared.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace keeper
