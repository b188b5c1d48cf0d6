// Where the ledger is: a file of this machine, or a database that several machines share.
#include <array>
#include <filesystem>

#include "base/digest.h"
#include "base/host_name.h"
#include "config/config.h"
#include "config/readers.h"
#include "config/value.h"
#include "settings/database_url.h"

namespace keeper {

namespace config {
namespace {

// Of the root's keys, those that decide what a node would do if it led.
constexpr std::array hashed_keys{"providers", "defaults",      "plans",
                                 "budget",    "notifications", "dead_mans_switch"};

// The same text for the same tree, however it is laid out in its file.
void write_canonical(const Node& node, std::string& to) {
  if (node.is_map()) {
    std::map<std::string_view, const Node*> sorted;
    for (const Entry& entry : node.entries) sorted.emplace(entry.key, &entry.value);
    for (const auto& [key, value] : sorted) {
      to += "{" + std::to_string(key.size()) + ":" + std::string(key);
      write_canonical(*value, to);
    }
    to += "}";
  } else if (node.is_list()) {
    for (const Node& item : node.items) {
      to += "[";
      write_canonical(item, to);
    }
    to += "]";
  } else {
    to += (node.quoted ? "q" : "s") + std::to_string(node.text.size()) + ":" + node.text;
  }
}

class StoreReader {
 public:
  StoreReader(const Node& store, const Node& cluster, Outside& outside, Problems& problems)
      : store_(store), cluster_(cluster), outside_(outside), problems_(problems) {}

  std::optional<PgSettings> read() {
    const Node* url = value_at(store_, "url");
    if (url == nullptr) {
      if (!cluster_.entries.empty()) {
        problems_.error(cluster_.place, "'cluster' needs 'store.url', which says where the nodes meet");
      }
      for (const char* key : {"password", "password_file", "schema", "durability"}) {
        if (const Entry* entry = store_.entry(key))
          problems_.warning(entry->place, "'" + std::string(key) + "' has no effect without 'url' beside it");
      }
      return std::nullopt;
    }
    if (const Entry* path = store_.entry("path"))
      problems_.error(path->place, "'path' and 'url' exclude each other; remove one of them");
    PgSettings read;
    read_url(*url, read);
    read.password = outside_.secret(store_, "password");
    read.schema = text_at(store_, "schema").value_or(default_of(store_section(), "schema").text);
    const std::string durability = choice_or_default(store_, store_section(), "durability");
    read.durability = durability == "local"     ? Durability::local
                      : durability == "managed" ? Durability::managed
                                                : Durability::replicated;
    read_node(read);
    read.lease = duration_or_default(cluster_, cluster_section(), "lease");
    read.pause_allowance = duration_or_default(cluster_, cluster_section(), "pause_allowance");
    return read;
  }

 private:
  void read_url(const Node& url, PgSettings& read) {
    if (!url.is_scalar()) return;
    if (holds_password(url.text)) {
      problems_.error(url.place, "'url' holds a password; give it as 'password_file'");
      return;
    }
    outside_.check_variables("url", url, Outside::Empty::refused);
    read.url = Secret(outside_.expand(url));
    const std::string& text = read.url.reveal();
    const bool is_url = text.starts_with("postgresql://") || text.starts_with("postgres://");
    if (!is_url && text.find("${") == std::string::npos)
      problems_.error(url.place, "'url' must be such as postgresql://keeper@pg1,pg2/keeper");
    if (!is_url) return;
    if (const std::string fault = database_url_fault(text); !fault.empty())
      problems_.error(url.place, "'url' " + fault);
  }

  void read_node(PgSettings& read) {
    const Node* node = value_at(cluster_, "node");
    if (node != nullptr) {
      outside_.check_variables("node", *node, Outside::Empty::refused);
      read.node = outside_.expand(*node);
    } else {
      read.node = host_name();
    }
    const bool is_good = !read.node.empty() && read.node.size() <= 63 &&
                         read.node.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789.-_") == std::string::npos;
    if (is_good || read.node.find("${") != std::string::npos) return;
    problems_.error(node != nullptr ? node->place : store_.place,
                    "'cluster.node' must be a name of up to 63 of the characters A-Z a-z 0-9 . - _");
  }

  const Node& store_;
  const Node& cluster_;
  Outside& outside_;
  Problems& problems_;
};

}  // namespace

std::optional<PgSettings> read_database(const Node& store, const Node& cluster, Outside& outside,
                                        Problems& problems) {
  return StoreReader(store, cluster, outside, problems).read();
}

std::string config_hash(const Node& root) {
  std::string text;
  for (const char* key : hashed_keys) {
    text += std::string("/") + key;
    if (const Node* node = value_at(root, key)) write_canonical(*node, text);
  }
  return sha256_hex(text);
}

}  // namespace config
}  // namespace keeper
