// FileReader: reads whole files, and waits for all of them together no longer than a limit. A file whose
// mount does not answer is read on a thread of its own, which is left behind. One thread uses an object.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"

namespace keeper {

// The content of a regular file. Blocks for as long as its mount does. Errors and `name` as FileReader::read.
Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max, const std::string& name);

class FileReader {
 public:
  // `limit`: what all reads of this object may take together.
  explicit FileReader(Millis limit) : left_(limit), limit_(limit) {}

  // What a path may name. From a pipe everything is read that is written until it is closed.
  enum class Kind { file, file_or_pipe };
  // Errors: malformed for a file of more than `bytes_max`; not_applied for one that cannot be read, that is
  // of another kind, or that has not been read in time. `name`: what errors call it, since a secret may have
  // been put where its path was due.
  Result<std::string> read(const std::string& path, std::size_t bytes_max, const std::string& name,
                           Kind kind = Kind::file);

 private:
  Millis left_;
  const Millis limit_;
};

}  // namespace keeper
