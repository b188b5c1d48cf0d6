#include "runtime/token.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/descriptor.h"

namespace keeper {
namespace {

std::string token_path(const std::string& otherwise) {
  const char* listed = std::getenv("RUNTIME_DIRECTORY");
  std::string directory = listed ? listed : "";
  directory = directory.substr(0, directory.find(':'));  // systemd separates several with colons
  if (directory.empty()) directory = otherwise;
  if (directory.empty()) directory = ".";
  return directory + "/control.token";
}

std::string random_hex() {
  std::array<unsigned char, 32> bytes{};
  KEEPER_CHECK(::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  std::string hex;
  for (const unsigned char byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += {digits[byte >> 4U], digits[byte & 0xFU]};
  }
  return hex;
}

bool write_file(const std::string& path, const std::string& text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  return file.valid() && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace

Result<ControlToken> ControlToken::make(const std::string& directory) {
  const std::string path = token_path(directory);
  const std::string fresh = path + ".new";
  const std::string token = random_hex();
  ::unlink(fresh.c_str());
  if (!write_file(fresh, token + "\n") || std::rename(fresh.c_str(), path.c_str()) != 0) {
    return Error{ErrorKind::storage, path + ": cannot be written: " + std::strerror(errno) +
                                         "; make its directory writable for this user"};
  }
  return ControlToken(path, Secret(token));
}

ControlToken::ControlToken(ControlToken&& other) noexcept
    : path_(std::exchange(other.path_, {})), secret_(std::move(other.secret_)) {}

ControlToken::~ControlToken() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace keeper
