// Machines that this process makes of network namespaces: each has an address of its own on one bridge, and
// packets between two of them can be dropped, one way or both. The process and its children move into
// namespaces that nothing else sees, so that whatever it makes is gone with it. Needs root, `ip` and `nft`;
// where the right is missing, the process ends with the code by which ctest takes a test as skipped.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace keeper::cluster {

// Runs the words in a shell. Throws where they fail; gives what they wrote to standard output.
std::string run_shell(const std::string& command);

class Network {
 public:
  explicit Network(const std::vector<std::string>& machines);

  std::string address(const std::string& machine) const;
  // The words that run the arguments on the machine.
  std::vector<std::string> on(const std::string& machine, const std::vector<std::string>& arguments) const;

  // What `from` sends to `to` is dropped where it arrives.
  void cut(const std::string& from, const std::string& to);
  void cut_both(const std::string& one, const std::string& other);
  // Nothing is dropped any more.
  void mend();

 private:
  std::vector<std::string> machines_;
  std::set<std::string> dropping_;  // machines at which something is dropped
};

}  // namespace keeper::cluster
