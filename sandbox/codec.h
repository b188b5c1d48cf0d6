// JSON, base64, and the random identifiers that the providers hand out.
// Any thread; `Ids` by one thread at a time.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sandbox {

// Keeps the order of the documented samples.
using Json = nlohmann::ordered_json;

// Nothing for text that is not JSON, or that nests deeper than 64 levels.
std::optional<Json> parse_json(const std::string& text);
// Foreign bytes that are not UTF-8 are replaced.
std::string dump(const Json& value);
// With a space after each colon and comma.
std::string dump_spaced(const Json& value);

std::string encode_base64(std::string_view bytes);
// Nothing for text that is not base64url; padding is optional.
std::optional<std::string> decode_base64url(std::string_view text);

std::vector<std::string> split_path(std::string_view path);

class Ids {
 public:
  Ids();
  explicit Ids(std::uint64_t seed) : random_(seed) {}
  std::string uuid();
  // Lower-case hexadecimal.
  std::string hex(std::size_t digits);
  // In [0, 1).
  double uniform();

 private:
  std::mt19937_64 random_;
};

}  // namespace sandbox
