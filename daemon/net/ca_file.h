// CaFile: the certificates of a `ca_file`, as they stand in it when a call begins, so that whoever replaces
// the file means the next connection. While it cannot be read, or its mount does not answer, what was read
// last counts. Any thread may call it; no caller is blocked.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/together.h"

namespace keeper {

class CaFile {
 public:
  // PEM. Errors: denied.
  using Found = std::function<void(Result<std::string>)>;

  explicit CaFile(std::string path);

  // `found` is called exactly once: on a thread that reads the file, or by `timers`. It must be quick.
  void read(std::chrono::steady_clock::time_point deadline, Transfers& timers, Found found);

 private:
  struct Last;

  const std::shared_ptr<Last> last_;
  Together<Result<std::string>> reads_;
};

}  // namespace keeper
