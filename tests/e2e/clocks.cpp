#include "e2e/clocks.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "catch.h"

namespace keeper::e2e {

Clocks::Clocks(Stage& stage) {
  const std::string path = (stage.directory / "clocks").string();
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(ftruncate(file, sizeof(std::int64_t) * 2) == 0);
  void* at = mmap(nullptr, sizeof(std::int64_t) * 2, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  REQUIRE(at != MAP_FAILED);
  offsets_ = static_cast<std::atomic<std::int64_t>*>(at);
  close(file);
  stage.preload(SHIFTED_CLOCK);
  stage.variables["SHIFTED_CLOCK"] = path;
}

Clocks::~Clocks() { munmap(offsets_, sizeof(std::int64_t) * 2); }

}  // namespace keeper::e2e
