// ControlToken: the secret that a caller of the control paths must show. It is 32 random bytes in a file that
// only the daemon's user and root can read. The file is made at the start and removed at the end. The main
// thread owns it; any thread may read the secret.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace keeper {

class ControlToken {
 public:
  // In $RUNTIME_DIRECTORY, without it in `directory`.
  static Result<ControlToken> make(const std::string& directory);
  ControlToken(ControlToken&& other) noexcept;
  ControlToken& operator=(ControlToken&&) = delete;
  ~ControlToken();

  const Secret& secret() const { return secret_; }
  const std::string& path() const { return path_; }

 private:
  ControlToken(std::string path, Secret secret) : path_(std::move(path)), secret_(std::move(secret)) {}

  std::string path_;
  Secret secret_;
};

}  // namespace keeper
