// Descriptions: the ready-made ones, which `description: NAME` takes for a provider of type http. A
// description is a YAML map with base_url, price and http. What the configuration says beside `description`
// adds to it or replaces members of it. They are embedded (config/providers/ of the source); a file NAME.yaml
// in one of the directories wins, the first directory first. One load, one thread; describe_known() from any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file_reader.h"
#include "config/config.h"
#include "config/document.h"
#include "config/problems.h"

namespace keeper::config {

struct EmbeddedDescription {
  std::string_view name;
  std::string_view text;
};

// By name, in the order of the alphabet. Its definition is generated.
extern const std::vector<EmbeddedDescription> embedded_descriptions;

// Puts the description into each provider of `root` that asks for one. What is wrong is reported with the
// file it stands in.
void use_descriptions(Node& root, const LoadOptions& options, FileReader& files, Problems& problems);

}  // namespace keeper::config
