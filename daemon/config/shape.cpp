#include "config/shape.h"

#include <algorithm>

#include "base/text.h"
#include "config/secrets.h"
#include "config/value.h"

namespace keeper::config {
namespace {

std::string in_quotes(std::string_view text) { return "'" + printable(text, 60) + "'"; }

bool is_secret(const Key& key) { return key.types[0].kind == Kind::secret; }

bool is_map(const Type& type) {
  return type.kind == Kind::section || type.kind == Kind::named || type.kind == Kind::texts ||
         type.kind == Kind::secrets;
}

std::string spelled(const Key& key) {
  return is_secret(key) ? std::string(key.name) + "_file" : std::string(key.name);
}

// The child section that knows the key, where exactly one does.
std::string_view home_of(std::string_view word, const Section& section) {
  std::string_view home;
  for (const Key& key : section.keys) {
    for (const Type& type : key.types) {
      if (type.kind != Kind::section || type.section->find(word) == nullptr) continue;
      if (!home.empty()) return {};
      home = key.name;
    }
  }
  return home;
}

void report_unknown(const Entry& entry, const Section& section, const std::string& owner,
                    Problems& problems) {
  std::vector<std::string_view> known;
  std::vector<std::string> secret_files;
  for (const Key& key : section.keys) {
    known.push_back(key.name);
    if (is_secret(key)) secret_files.push_back(spelled(key));
  }
  known.insert(known.end(), secret_files.begin(), secret_files.end());
  std::string message = "unknown key " + in_quotes(entry.key) + " in " + owner;
  if (const std::string_view home = home_of(entry.key, section); !home.empty()) {
    message += ": it belongs in '" + std::string(home) + "'";
  } else if (const std::string_view word = closest(entry.key, known); !word.empty()) {
    message += ": did you mean '" + std::string(word) + "'?";
  } else if (entry.value.is_null()) {
    message += ": if it belongs to the value before it, put that in quotes";
  } else {
    message += ": known are ";
    for (const Key& key : section.keys) {
      message += (&key == &section.keys.front() ? "" : ", ") + std::string(key.name);
    }
  }
  problems.error(entry.place, std::move(message));
}

class ShapeCheck {
 public:
  explicit ShapeCheck(Problems& problems) : problems_(problems) {}

  void section(const Node& node, const Section& section, const std::string& owner, Place place) {
    for (const Entry& entry : node.entries) {
      const Key* key = section.find(entry.key);
      if (key == nullptr && entry.key.ends_with("_file")) key = secret_of(entry.key, section);
      if (key == nullptr) {
        report_unknown(entry, section, owner, problems_);
      } else {
        value(entry, *key);
      }
    }
    for (const Key& key : section.keys) {
      if (key.required && node.find(key.name) == nullptr && node.find(spelled(key)) == nullptr) {
        problems_.error(place, owner + " needs '" + std::string(key.name) + "'");
      }
    }
  }

 private:
  static const Key* secret_of(const std::string& entry, const Section& section) {
    const Key* key = section.find(entry.substr(0, entry.size() - std::string_view("_file").size()));
    return key != nullptr && is_secret(*key) ? key : nullptr;
  }

  void value(const Entry& entry, const Key& key) {
    const Node& node = entry.value;
    const std::string name = in_quotes(entry.key);
    if (node.is_null()) {
      const bool may_be_empty = std::all_of(key.types.begin(), key.types.end(), is_map);
      if (!may_be_empty) {
        problems_.error(entry.place, name + " has no value: it must be " + expectation(key.types));
        return;
      }
    }
    if (is_secret(key)) {
      secret(entry, key);
      return;
    }
    for (const Type& type : key.types) {
      if (node.is_list() && type.kind == Kind::list) return list(entry, type);
      if ((node.is_map() || node.is_null()) && is_map(type)) return map(entry, type);
    }
    scalar(key.types, node, name);
  }

  void scalar(const std::vector<Type>& types, const Node& node, const std::string& name) {
    if (node.is_scalar() && node.text.empty() && types[0].kind == Kind::text) {
      problems_.error(node.place, name + " must not be empty");
    } else if (const auto fault = fault_of(types, node)) {
      problems_.error(fault->place, name + " " + fault->message);
    }
  }

  void secret(const Entry& entry, const Key& key) {
    const std::string name(key.name);
    if (entry.key != key.name) {
      scalar({Type{.kind = Kind::path}}, entry.value, in_quotes(entry.key));
    } else if (!entry.value.is_scalar() || !variable_name(entry.value.text)) {
      problems_.error(entry.value.place, "'" + name + "': a secret does not stand in this file: write " +
                                             name + "_file: PATH, or " + name + ": ${ENV_NAME}");
    }
  }

  void list(const Entry& entry, const Type& type) {
    const std::string name = in_quotes(entry.key);
    for (const Node& item : entry.value.items) {
      if (type.item != Kind::section) {
        scalar({Type{.kind = type.item}}, item, "an item of " + name);
      } else if (item.is_map()) {
        section(item, *type.section, std::string(type.section->name), item.place);
      } else {
        problems_.error(item.place, "an item of " + name + " must be a map of keys");
      }
    }
  }

  void map(const Entry& entry, const Type& type) {
    if (type.kind == Kind::section) {
      section(entry.value, *type.section, in_quotes(entry.key), entry.place);
      return;
    }
    for (const Entry& item : entry.value.entries) {
      if (type.kind == Kind::texts) {
        text_item(item, entry.key);
      } else if (type.kind == Kind::secrets) {
        secret_item(item, entry.key);
      } else {
        named_item(item, type);
      }
    }
  }

  // The values of `env` may be credentials: they are not shown.
  void text_item(const Entry& item, const std::string& map_key) {
    if (!item.value.is_scalar()) {
      problems_.error(item.place, in_quotes(item.key) + " in " + in_quotes(map_key) + " must be a text");
    }
  }

  void secret_item(const Entry& item, const std::string& map_key) {
    const Node* file = item.value.find("file");
    const bool is_file = file != nullptr && item.value.entries.size() == 1;
    if (is_file) {
      scalar({Type{.kind = Kind::path}}, *file, "'file'");
    } else if (!item.value.is_scalar() || !variable_name(item.value.text)) {
      problems_.error(item.value.place, in_quotes(item.key) + " in " + in_quotes(map_key) +
                                            ": a secret does not stand in this file: write {file: PATH}, or "
                                            "${ENV_NAME}");
    }
  }

  void named_item(const Entry& item, const Type& type) {
    const std::string owner = std::string(type.section->name) + " " + in_quotes(item.key);
    if (!is_name(item.key)) {
      problems_.error(item.place,
                      owner + ": a name is 1 to 64 of A-Z a-z 0-9 . _ - and begins with a letter or digit");
    }
    if (item.value.is_map() || item.value.is_null()) {
      section(item.value, *type.section, owner, item.place);
    } else {
      problems_.error(item.value.place, owner + " must be a map of keys");
    }
  }

  Problems& problems_;
};

}  // namespace

void check_section(const Node& node, const Section& section, const std::string& owner, Place place,
                   Problems& problems) {
  ShapeCheck(problems).section(node, section, owner, place);
}

}  // namespace keeper::config
