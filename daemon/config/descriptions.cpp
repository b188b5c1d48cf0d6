#include "config/descriptions.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "config/value.h"

namespace keeper {
namespace config {
namespace {

constexpr std::size_t description_bytes_max = 256 * 1024;

void mark_file(Node& node, int file) {
  node.place.file = file;
  for (Node& item : node.items) mark_file(item, file);
  for (Entry& entry : node.entries) {
    entry.place.file = file;
    mark_file(entry.value, file);
  }
}

// `given` wins, but for maps on both sides, whose members are put together.
void put_over(Node& node, const Node& given) {
  if (!node.is_map() || !given.is_map()) {
    node = given;
    return;
  }
  for (const Entry& entry : given.entries) {
    const auto found = std::find_if(node.entries.begin(), node.entries.end(),
                                    [&](const Entry& own) { return own.key == entry.key; });
    if (found == node.entries.end()) {
      node.entries.push_back(entry);
    } else {
      found->place = entry.place;
      put_over(found->value, entry.value);
    }
  }
}

std::string names_of_all(const std::vector<KnownDescription>& known) {
  std::string text;
  for (const KnownDescription& each : known) text += (text.empty() ? "" : ", ") + each.name;
  return text;
}

class Users {
 public:
  Users(const LoadOptions& options, FileReader& files, Problems& problems)
      : options_(options), files_(files), problems_(problems) {}

  void use(Entry& provider) {
    const Node* name = value_at(provider.value, "description");
    if (name == nullptr || !name->is_scalar()) return;
    const auto known = known_descriptions(options_);
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const KnownDescription& each) { return each.name == name->text; });
    if (found == known.end()) {
      problems_.error(name->place, "'description' " + printable(name->text, 60) +
                                       " is not known: there are " + names_of_all(known));
      return;
    }
    auto description = parsed(*found, name->place);
    if (!description) return;
    const Place place = provider.value.place;
    put_over(*description, provider.value);
    provider.value = std::move(*description);
    provider.value.place = place;
  }

 private:
  std::optional<Node> parsed(const KnownDescription& known, Place asked) {
    std::string text;
    if (known.file.empty()) {
      const auto embedded =
          std::find_if(embedded_descriptions.begin(), embedded_descriptions.end(),
                       [&](const EmbeddedDescription& each) { return each.name == known.name; });
      text = embedded->text;
    } else {
      auto read = files_.read(known.file, description_bytes_max, known.file);
      if (!read) {
        problems_.error(asked, "'description': " + read.error().what);
        return std::nullopt;
      }
      text = std::move(*read);
    }
    const int file = problems_.add_file(known.file.empty() ? "the description " + known.name : known.file);
    Problems::Reading reading(problems_, file);
    auto root = parse_document(text, problems_);
    if (!root) return std::nullopt;
    mark_file(*root, file);
    std::erase_if(root->entries, [&](const Entry& entry) {
      if (entry.key == "base_url" || entry.key == "price" || entry.key == "http") return false;
      problems_.error(entry.place, "'" + printable(entry.key, 60) +
                                       "' is no part of a description, which has base_url, price and http");
      return true;
    });
    return root;
  }

  const LoadOptions& options_;
  FileReader& files_;
  Problems& problems_;
};

}  // namespace

void use_descriptions(Node& root, const LoadOptions& options, FileReader& files, Problems& problems) {
  Users users(options, files, problems);
  for (Entry& section : root.entries) {
    if (section.key != "providers") continue;
    for (Entry& provider : section.value.entries) users.use(provider);
  }
}

}  // namespace config

std::vector<KnownDescription> known_descriptions(const LoadOptions& options) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> files;
  for (const auto& embedded : config::embedded_descriptions) files.emplace(embedded.name, "");
  for (auto directory = options.description_directories.rbegin();
       directory != options.description_directories.rend(); ++directory) {
    std::error_code failed;
    for (fs::directory_iterator each(*directory, failed), end; !failed && each != end;
         each.increment(failed)) {
      if (each->path().extension() == ".yaml") files[each->path().stem().string()] = each->path().string();
    }
  }
  std::vector<KnownDescription> known;
  for (auto& [name, file] : files) known.push_back({name, file});
  return known;
}

}  // namespace keeper
