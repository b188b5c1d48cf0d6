// Tries what the service's unit forbids, and says of each whether it was refused: run in its place, under its
// directives. Exit code 1 if anything was allowed.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace {

bool writes(const char* path) { return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0; }
bool reads(const char* path) {
  char byte = 0;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  return file >= 0 && read(file, &byte, 1) == 1;
}
bool opens(const char* path) { return open(path, O_RDONLY | O_CLOEXEC) >= 0; }
bool makes_socket(int family, int type, int protocol) {
  return socket(family, type | SOCK_CLOEXEC, protocol) >= 0;
}

bool maps_writable_code() {
  return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
         MAP_FAILED;
}

bool makes_setuid_file() {
  const std::string path = std::string(std::getenv("STATE_DIRECTORY")) + "/forbidden";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
  return file < 0 || fchmod(file, 04755) == 0;
}

bool binds_a_low_port() {
  const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  return bind(file, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0;
}

bool sets_the_clock() {
  const timeval time{1'000'000'000, 0};
  return settimeofday(&time, nullptr) == 0;
}

bool keeps_a_core() {
  const rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
  return setrlimit(RLIMIT_CORE, &limit) == 0;
}

bool becomes_real_time() {
  const sched_param parameter{1};
  return sched_setscheduler(0, SCHED_FIFO, &parameter) == 0;
}

struct Act {
  const char* name;
  std::function<bool()> try_it;  // whether it was allowed
};

const std::vector<Act> acts{
    {"write to /etc", [] { return writes("/etc/forbidden"); }},
    {"write to /usr", [] { return writes("/usr/forbidden"); }},
    {"write to /var/lib", [] { return writes("/var/lib/forbidden"); }},
    {"read root's home", [] { return reads("/root/.profile"); }},
    {"read the administrator's secrets", [] { return reads("/etc/credstore/notte-key"); }},
    {"read the shadow file", [] { return reads("/etc/shadow"); }},
    {"see another process", [] { return opens("/proc/1/status"); }},
    {"kill another process", [] { return kill(1, 0) == 0; }},
    {"trace another process", [] { return syscall(SYS_ptrace, 16, 1, 0, 0) == 0; }},
    {"write a kernel setting", [] { return writes("/proc/sys/kernel/hostname"); }},
    {"read the kernel's settings", [] { return opens("/proc/sys/kernel/hostname"); }},
    {"write to a cgroup", [] { return writes("/sys/fs/cgroup/cgroup.procs"); }},
    {"open a disk",
     [] { return opens("/dev/vda") || mknod("/tmp/disk", S_IFBLK | 0600, makedev(8, 0)) == 0; }},
    {"mount a file system", [] { return mount("none", "/tmp", "tmpfs", 0, nullptr) == 0; }},
    {"change its root", [] { return chroot("/tmp") == 0; }},
    {"make a user namespace", [] { return unshare(CLONE_NEWUSER) == 0; }},
    {"make a mount namespace", [] { return unshare(CLONE_NEWNS) == 0; }},
    {"load a kernel module", [] { return syscall(SYS_init_module, "", 0, "") == 0; }},
    {"read the kernel's log", [] { return syscall(SYS_syslog, 3, nullptr, 0) >= 0; }},
    {"set the clock", sets_the_clock},
    {"rename the host", [] { return sethostname("forbidden", 9) == 0; }},
    {"become root", [] { return setuid(0) == 0; }},
    {"make a file setuid", makes_setuid_file},
    {"open a raw socket", [] { return makes_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }},
    {"open a packet socket", [] { return makes_socket(AF_PACKET, SOCK_RAW, 0); }},
    {"open a netlink socket", [] { return makes_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }},
    {"bind a port below 1024", binds_a_low_port},
    {"map memory that is writable and code", maps_writable_code},
    {"change its personality", [] { return personality(ADDR_NO_RANDOMIZE) != -1; }},
    {"become real-time", becomes_real_time},
    {"raise its priority", [] { return setpriority(PRIO_PROCESS, 0, -10) == 0; }},
    {"keep a core dump", keeps_a_core},
    {"use swap", [] { return swapon("/tmp/none", 0) == 0; }},
    {"reboot the machine", [] { return reboot(RB_DISABLE_CAD) == 0; }},
    {"load a BPF program", [] { return syscall(SYS_bpf, 0, nullptr, 0) >= 0; }},
    {"use the kernel's key ring", [] { return syscall(SYS_keyctl, 0, -3, 1) >= 0; }},
};

}  // namespace

int main() {
  int allowed = 0;
  for (const Act& act : acts) {
    const bool was_allowed = act.try_it();
    allowed += was_allowed ? 1 : 0;
    std::printf("%s: %s\n", was_allowed ? "ALLOWED" : "refused", act.name);
  }
  std::printf("%zu acts, %zu refused\n", acts.size(), acts.size() - static_cast<std::size_t>(allowed));
  return allowed == 0 ? 0 : 1;
}
