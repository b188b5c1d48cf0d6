#include "cluster/network.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <utility>

namespace keeper::cluster {
namespace {

constexpr int skipped = 77;
constexpr const char* prefix = "10.77.0.";
// The test itself, at the bridge.
constexpr const char* own_address = "10.77.0.254/24";

// `ip netns` keeps its names below /run/netns, which becomes a folder of this process alone.
bool leave_for_own_namespaces() {
  if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return false;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  mkdir("/run/netns", 0755);
  return mount("netns", "/run/netns", "tmpfs", 0, nullptr) == 0;
}

// What the machines run keeps leases of seconds, also while other tests work. Where a container does not
// allow it, the test goes on as any other.
void go_before_other_tests() { setpriority(PRIO_PROCESS, 0, -10); }

}  // namespace

std::string run_shell(const std::string& command) {
  const auto close = [](FILE* pipe) { return pclose(pipe); };
  FILE* const pipe = popen((command + " 2>&1").c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("no shell");
  std::string output;
  std::array<char, 4096> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    output.append(part.data(), count);
  if (close(pipe) != 0) throw std::runtime_error(command + ": " + output);
  return output;
}

Network::Network(const std::vector<std::string>& machines) : machines_(machines) {
  if (!leave_for_own_namespaces()) {
    std::puts("skipped: no right to make network namespaces; run the test as root");
    std::fflush(stdout);
    _exit(skipped);
  }
  go_before_other_tests();
  std::string all =
      "set -e; PATH=/usr/sbin:/sbin:$PATH; ip link set lo up; ip link add bridge type bridge; ip addr add " +
      std::string(own_address) + " dev bridge; ip link set bridge up; ";
  for (const std::string& name : machines_) {
    const std::string in = "ip -n " + name + " ";
    all +=
        "ip netns add " + name + "; ip link add to-" + name + " type veth peer name eth0 netns " + name +
        "; ip link set to-" + name + " master bridge up; " + in + "link set lo up; " + in + "addr add " +
        address(name) + "/24 dev eth0; " + in + "link set eth0 up; ip netns exec " + name +
        " nft 'add table inet keeper; add chain inet keeper cuts { type filter hook input priority 0; }'; ";
  }
  run_shell(all);
}

std::string Network::address(const std::string& machine) const {
  const auto found = std::find(machines_.begin(), machines_.end(), machine);
  if (found == machines_.end()) throw std::logic_error("no machine " + machine);
  return prefix + std::to_string(1 + (found - machines_.begin()));
}

std::vector<std::string> Network::on(const std::string& machine,
                                     const std::vector<std::string>& arguments) const {
  std::vector<std::string> words{"/usr/sbin/ip", "netns", "exec", machine};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

void Network::cut(const std::string& from, const std::string& to) {
  run_shell("/usr/sbin/ip netns exec " + to + " /usr/sbin/nft add rule inet keeper cuts ip saddr " +
            address(from) + " drop");
  dropping_.insert(to);
}

void Network::cut_both(const std::string& one, const std::string& other) {
  cut(one, other);
  cut(other, one);
}

void Network::mend() {
  for (const std::string& name : std::exchange(dropping_, {})) {
    run_shell("/usr/sbin/ip netns exec " + name + " /usr/sbin/nft flush chain inet keeper cuts");
  }
}

}  // namespace keeper::cluster
