#include "config/secrets.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "config/value.h"

namespace keeper::config {
namespace {

constexpr std::size_t secret_bytes_max = 64 * 1024;

struct Reference {
  std::size_t begin, end;  // of "${NAME}" in the text
  std::string name;        // empty: not closed, or no name
};

bool is_variable(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), fits);
}

std::vector<Reference> references(std::string_view text) {
  std::vector<Reference> found;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const std::size_t close = text.find('}', at);
    const std::string_view name =
        close == std::string_view::npos ? std::string_view{} : text.substr(at + 2, close - at - 2);
    const bool good = is_variable(name);
    found.push_back({at, good ? close + 1 : at + 2, good ? std::string(name) : std::string{}});
  }
  return found;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20U || byte == 0x7fU;
  });
}

}  // namespace

std::optional<std::string> variable_name(std::string_view text) {
  const auto found = references(text);
  if (found.size() != 1 || found[0].begin != 0 || found[0].end != text.size() || found[0].name.empty()) {
    return std::nullopt;
  }
  return found[0].name;
}

void Outside::missing(Place place, std::string message) {
  if (options_.strict || options_.secrets_required) {
    problems_.error(place, std::move(message));
  } else {
    problems_.warning(place, std::move(message));
  }
}

std::string Outside::expand(const Node& node) {
  std::string result;
  std::size_t from = 0;
  for (const Reference& reference : references(node.text)) {
    if (reference.begin < from) continue;
    result += node.text.substr(from, reference.begin - from);
    from = reference.end;
    const auto value = reference.name.empty() ? std::nullopt : options_.variable(reference.name);
    result += value && !value->empty() ? *value : node.text.substr(reference.begin, from - reference.begin);
  }
  return result + node.text.substr(from);
}

std::string Outside::path(const Node& node) {
  namespace fs = std::filesystem;
  const std::string path = expand(node);
  if (path.empty() || fs::path(path).is_absolute()) return path;
  std::error_code failed;
  const fs::path file = fs::weakly_canonical(fs::absolute(configuration_), failed);
  return ((failed ? fs::absolute(configuration_) : file).parent_path() / path).string();
}

void Outside::check_variables(const std::string& key, const Node& node, Empty empty) {
  for (const Reference& reference : references(node.text)) {
    if (reference.name.empty()) {
      problems_.error(node.place, "'" + key + "': '${' must be followed by a variable's name and '}'");
      continue;
    }
    const auto value = options_.variable(reference.name);
    if (!value || (value->empty() && empty == Empty::refused)) {
      missing(node.place, "'" + key + "': the environment variable " + printable(reference.name) +
                              (value ? " is empty" : " is not set"));
    }
  }
}

std::optional<std::string> Outside::read(const std::string& key, const Node& path, std::size_t bytes_max) {
  check_variables(key, path, Empty::refused);
  const std::string expanded = expand(path);
  if (!references(expanded).empty()) return std::nullopt;
  auto content = files_.read(this->path(path), bytes_max, path.text);
  if (!content.ok()) {
    missing(path.place, "'" + key + "': " + content.error().what);
    return std::nullopt;
  }
  while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
  if (content->empty()) {
    problems_.error(path.place, "'" + key + "': " + printable(path.text) + " is empty");
    return std::nullopt;
  }
  return std::move(*content);
}

Secret Outside::secret(const Node& map, const std::string& key) {
  const Node* direct = value_at(map, key);
  const Node* path = value_at(map, key + "_file");
  if (direct != nullptr && path != nullptr) {
    problems_.error(path->place, "give either '" + key + "' or '" + key + "_file', not both");
    return {};
  }
  if (direct != nullptr) return checked(key, *direct, variable(key, *direct));
  if (path == nullptr || !path->is_scalar()) return {};
  return checked(key, *path, Secret(read(key + "_file", *path, secret_bytes_max).value_or("")));
}

Secret Outside::secret_of(const Entry& entry) {
  if (entry.value.is_scalar()) return checked(entry.key, entry.value, variable(entry.key, entry.value));
  const Node* path = value_at(entry.value, "file");
  if (path == nullptr || !path->is_scalar()) return {};
  return checked(entry.key, *path, Secret(read(entry.key, *path, secret_bytes_max).value_or("")));
}

// Of `${NAME}`; empty for anything else.
Secret Outside::variable(const std::string& key, const Node& node) {
  const auto name = node.is_scalar() ? variable_name(node.text) : std::nullopt;
  if (!name) return {};
  const auto value = options_.variable(*name);
  if (value && !value->empty()) return Secret(*value);
  if (!value) {
    missing(node.place, "'" + key + "': the environment variable " + printable(*name) + " is not set");
  } else {
    problems_.error(node.place, "'" + key + "': the environment variable " + printable(*name) + " is empty");
  }
  return {};
}

Secret Outside::checked(const std::string& key, const Node& node, Secret secret) {
  if (!has_control_characters(secret.reveal())) return secret;
  problems_.error(node.place, "'" + key + "': the secret holds a line break or a control character");
  return {};
}

std::string Outside::file(const Node& map, const std::string& key, std::size_t bytes_max) {
  const Node* path = value_at(map, key);
  return path != nullptr && path->is_scalar() ? read(key, *path, bytes_max).value_or("") : "";
}

std::string source_of(const Node& map, const std::string& key) {
  if (const auto direct = text_at(map, key)) return *direct;
  if (const auto path = text_at(map, key + "_file")) return "file " + *path;
  return "";
}

bool is_good_signing_secret(std::string_view text) {
  constexpr std::string_view prefix = "whsec_";
  constexpr std::size_t bytes_min = 24;
  constexpr std::size_t bytes_max = 64;
  if (!text.starts_with(prefix)) return true;
  text.remove_prefix(prefix.size());
  const std::size_t padded = text.size();
  while (text.ends_with('=') && padded - text.size() < 2) text.remove_suffix(1);
  const bool is_padded_well = padded == text.size() || padded % 4 == 0;
  const bool is_base64 =
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") ==
          std::string_view::npos &&
      (text.find_first_of("+/") == std::string_view::npos ||
       text.find_first_of("-_") == std::string_view::npos);
  const std::size_t bytes = text.size() * 3 / 4;
  return is_base64 && is_padded_well && text.size() % 4 != 1 && bytes >= bytes_min && bytes <= bytes_max;
}

}  // namespace keeper::config
