// Outside: credentials and paths from outside of the file. ${NAME} becomes the variable's value, and x_file
// the file's content. Messages name the variable or the file, and never what is in it. It reads files and
// variables only; one load owns an object.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_reader.h"
#include "base/secret.h"
#include "config/document.h"
#include "config/problems.h"

namespace keeper::config {

// "NAME" of "${NAME}", where that is the whole text.
std::optional<std::string> variable_name(std::string_view text);

class Outside {
 public:
  // `configuration`: the path of the file that is loaded.
  Outside(std::string configuration, const LoadOptions& options, FileReader& files, Problems& problems)
      : configuration_(std::move(configuration)), options_(options), files_(files), problems_(problems) {}

  // The text with each ${NAME} replaced. What is missing is reported and stays as it is written.
  std::string expand(const Node& node);

  // The same of a path. A relative one begins at the configuration's file, not where the program happens to
  // be run.
  std::string path(const Node& node);

  // Reports the ${NAME} of a text that are not set, or empty where that is no good; replaces nothing.
  enum class Empty { allowed, refused };
  void check_variables(const std::string& key, const Node& node, Empty empty);

  // `key: ${NAME}` or `key_file: PATH` of a map. Empty when neither is given, or what is given is no good.
  Secret secret(const Node& map, const std::string& key);

  // The value of an entry of a map of secrets: `NAME: ${ENV}` or `NAME: {file: PATH}`.
  Secret secret_of(const Entry& entry);

  // The content of the file that `key` names; empty when it is not given or cannot be read.
  std::string file(const Node& map, const std::string& key, std::size_t bytes_max);

 private:
  Secret variable(const std::string& key, const Node& node);
  Secret checked(const std::string& key, const Node& node, Secret secret);
  void missing(Place place, std::string message);
  std::optional<std::string> read(const std::string& key, const Node& path, std::size_t bytes_max);

  const std::string configuration_;
  const LoadOptions& options_;
  FileReader& files_;
  Problems& problems_;
};

// Of a secret that signs messages: what follows "whsec_" is base64 of 24 to 64 bytes (Standard Webhooks). Any
// other text signs as it is.
bool is_good_signing_secret(std::string_view text);

// Where a secret comes from, in words that are the same for the same source; empty for nowhere.
std::string source_of(const Node& map, const std::string& key);

}  // namespace keeper::config
