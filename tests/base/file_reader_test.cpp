#include "base/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "catch.h"

namespace {

// This path does not answer while `hangs`, as at a mount whose server is gone.
constexpr const char* hanging_path = "/keeper-hanging/secret";
std::atomic<bool> hangs = false;
std::atomic<int> opens = 0;

}  // namespace

extern "C" int open(const char* path, int flags, ...) {
  if (std::strcmp(path, hanging_path) == 0) {
    ++opens;
    while (hangs) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return ::openat(AT_FDCWD, path, flags, mode);
}

namespace keeper {
namespace {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("keeper-file-reader." + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
    return path / name;
  }
  std::string pipe(const std::string& name) const {
    REQUIRE(::mkfifo((path / name).c_str(), 0600) == 0);
    return path / name;
  }
};

TEST_CASE("a file is read as a whole, and one that is too large or missing is an error that names it") {
  const Folder folder;
  FileReader reader(Seconds{10});
  CHECK(reader.read(folder.file("a", std::string("x\0y\n", 4)), 1024, "a").value() ==
        std::string("x\0y\n", 4));
  const auto large = reader.read(folder.file("b", std::string(3000, 'x')), 2048, "b");
  CHECK(large.error().kind == ErrorKind::malformed);
  CHECK(large.error().what == "b is larger than 2 KiB");
  CHECK(reader.read(folder.path / "none", 1024, "c").error().what ==
        "cannot read c: No such file or directory");
  CHECK(reader.read(folder.path, 1024, "d").error().what == "cannot read d: Is a directory");
}

TEST_CASE("what is no regular file is refused at once, and does not wait for a writer") {
  const Folder folder;
  FileReader reader(std::chrono::hours{1});
  for (const std::string& path : {folder.pipe("p"), std::string("/dev/zero")}) {
    const auto read = reader.read(path, 1024, "secret");
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().what == "cannot read secret: it is a pipe or a device, and must be a regular file");
  }
}

TEST_CASE("a pipe is read to its end where one is allowed, also when its writer comes later") {
  const Folder folder;
  const std::string path = folder.pipe("p");
  std::thread writer([&] {
    std::this_thread::sleep_for(Millis{50});
    std::ofstream(path) << "text";
  });
  CHECK(FileReader(Seconds{10}).read(path, 1024, "p", FileReader::Kind::file_or_pipe).value() == "text");
  writer.join();
}

TEST_CASE(
    "a file that does not answer takes one thread, however often it is asked for, and no other file's turn") {
  const Folder folder;
  const std::string good = folder.file("good", "text");
  hangs = true;
  for (int i = 0; i < 40; ++i) {
    const auto read = FileReader(Millis{2}).read(hanging_path, 1024, "secret");
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().what == "cannot read secret: it has not answered within 2ms");
    CHECK(FileReader(Seconds{10}).read(good, 1024, "good").value() == "text");
  }
  CHECK(opens == 1);
  hangs = false;
  CHECK(FileReader(Seconds{10}).read(hanging_path, 1024, "secret").error().what ==
        "cannot read secret: No such file or directory");
  CHECK(opens == 2);
}

TEST_CASE("the limit is that of all files together") {
  const Folder folder;
  const std::string path = folder.pipe("p");
  FileReader reader(Millis{100});
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(reader.read(path, 1024, "p", FileReader::Kind::file_or_pipe).ok());
  const auto next = reader.read(folder.file("a", "x"), 1024, "a");
  CHECK(std::chrono::steady_clock::now() - begin < Seconds{5});
  REQUIRE_FALSE(next.ok());
  CHECK(next.error().what == "cannot read a: the files before it took all of the 100ms that there are");
}

}  // namespace
}  // namespace keeper
