// Stops one thread of a process, as a dead-lock would, while the others run on: freeze PID THREAD SECONDS
#include <dirent.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

namespace {

pid_t thread_of(const std::string& pid, const std::string& wanted) {
  const std::string tasks = "/proc/" + pid + "/task";
  DIR* directory = opendir(tasks.c_str());
  pid_t found = -1;
  while (const dirent* entry = directory != nullptr ? readdir(directory) : nullptr) {
    std::ifstream file(tasks + "/" + entry->d_name + "/comm");
    std::string name;
    if (std::getline(file, name) && name == wanted) found = std::atoi(entry->d_name);
  }
  if (directory != nullptr) closedir(directory);
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const pid_t thread = thread_of(argv[1], argv[2]);
  if (thread < 0) {
    std::cerr << "freeze: process " << argv[1] << " has no thread " << argv[2] << "\n";
    return 1;
  }
  if (ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0 ||
      ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0) {
    std::perror("freeze: ptrace");
    return 1;
  }
  alarm(static_cast<unsigned>(std::atoi(argv[3])));  // our end would let the thread go on
  int status = 0;
  while (waitpid(thread, &status, __WALL) == thread && !WIFEXITED(status) && !WIFSIGNALED(status)) {
  }
  return 0;
}
