#include "runtime/inherited.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "runtime/log.h"

namespace keeper {

std::optional<int> take_inherited_socket() {
  char** names = nullptr;
  const int count = ::sd_listen_fds_with_names(1, &names);
  std::optional<int> taken;
  for (int i = 0; i < count; ++i) {
    const int file = SD_LISTEN_FDS_START + i;
    const std::string_view name = names[i];
    if (name == "webhook" && !taken && ::sd_is_socket(file, AF_UNSPEC, SOCK_STREAM, 1) > 0) {
      taken = file;
    } else {
      Log(Level::warning, "socket_not_used")
          .with("name", name)
          .with("reason",
                "the service manager may pass one listening stream socket, with FileDescriptorName=webhook");
      ::close(file);
    }
    ::free(names[i]);
  }
  ::free(names);
  return taken;
}

}  // namespace keeper
