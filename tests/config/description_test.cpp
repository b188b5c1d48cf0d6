// The ready-made descriptions of providers: how the configuration takes them, and that each page's plan is
// good.
#include <algorithm>

#include "config/loading.h"

using namespace keeper;
using namespace keeper::test;

namespace {

const std::vector<std::string> ready_made{"browser-use", "browserbase", "daytona", "e2b", "kernel", "steel"};

// With the program's own descriptions alone.
LoadOptions of_program() {
  LoadOptions result = options();
  result.variable = [](const std::string&) { return std::optional<std::string>("PLANTED-key"); };
  result.description_directories.clear();
  return result;
}

std::string with_provider(const std::string& provider) {
  return "store: {path: x.db}\nproviders:\n  it:\n    type: http\n    api_key: ${KEY}\n" + provider +
         "plans:\n  desk:\n    provider: it\n    schedule: {always: true}\n    session: {parameters: {}, "
         "idle_timeout: 5m}\n";
}

ProviderSettings provider_of(const LoadOutcome& outcome) {
  INFO(lines(outcome));
  REQUIRE(outcome.settings);
  return outcome.settings->providers.at(ProviderName{"it"});
}

// A directory for one description, that is gone afterwards.
class Installed {
 public:
  Installed(const std::string& name, const std::string& text) {
    path_ = (std::filesystem::temp_directory_path() / "keeper-descriptions-XXXXXX").string();
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    std::ofstream(file(name)) << text;
  }
  ~Installed() { std::filesystem::remove_all(path_); }
  Installed(const Installed&) = delete;
  Installed& operator=(const Installed&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name + ".yaml"; }
  LoadOptions options() const {
    LoadOptions result = of_program();
    result.description_directories = {"/no/such/directory", path_};
    return result;
  }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("the plan on the page of each ready-made description can be copied") {
  const std::string name = GENERATE(from_range(ready_made));
  INFO(name);
  const std::string page = read_text(source("docs/providers/" + name + ".md"));
  const std::string opening = "```yaml\n";
  const std::size_t begin = page.find(opening) + opening.size();
  const std::string yaml = page.substr(begin, page.find("```\n", begin) - begin);
  REQUIRE(yaml.find("description: " + name) != std::string::npos);
  const LoadOutcome outcome = load_text(yaml, of_program());
  CHECK(lines(outcome) == "");
  CHECK(outcome.settings);
  CHECK(page.find("**Not proven live**") != std::string::npos);
}

TEST_CASE("the ready-made descriptions are listed by name") {
  std::vector<std::string> names;
  for (const KnownDescription& known : known_descriptions(of_program())) {
    names.push_back(known.name);
    CHECK(known.file.empty());
  }
  CHECK(names == ready_made);
}

TEST_CASE("what the configuration says beside a description adds to it or replaces members of it") {
  const ProviderSettings plain =
      provider_of(load_text(with_provider("    description: e2b\n"), of_program()));
  CHECK(plain.base_url == "https://api.e2b.app");
  const std::string more =
      "    description: e2b\n    base_url: https://eu.example.org\n    http:\n      headers: {X-Region: eu}\n"
      "      heartbeat: {extends: 10m}\n      states: {paused: error}\n";
  const ProviderSettings changed = provider_of(load_text(with_provider(more), of_program()));
  CHECK(changed.base_url == "https://eu.example.org");
  Description wanted = plain.description;
  wanted.headers["X-Region"] = "eu";
  wanted.extension->by = std::chrono::minutes{10};
  wanted.states["paused"] = State::error;
  CHECK(changed.description == wanted);
}

TEST_CASE("a description that is installed wins over the program's") {
  const std::string own = read_text(source("config/providers/e2b.yaml"));
  const std::string host = "https://api.e2b.app";
  std::string other = own;
  other.replace(other.find(host), host.size(), "https://other.example.org");
  const Installed installed("e2b", other);
  const LoadOutcome outcome = load_text(with_provider("    description: e2b\n"), installed.options());
  CHECK(provider_of(outcome).base_url == "https://other.example.org");
  const auto known = known_descriptions(installed.options());
  CHECK(known.at(3).file == installed.file("e2b"));
}

TEST_CASE(
    "what is wrong in a description is told with its file, and what is wrong beside it with the "
    "configuration") {
  const std::string text =
      "base_url: https://x.example.org\nhttp:\n  start: {method: POST, path: /s}\n"
      "  status: {method: GET, path: \"/s/{idd}\"}\n  stop: {method: DELETE, path: \"/s/{id}\"}\n"
      "  fields: {id: id}\nextra: 1\n";
  const Installed installed("mine", text);
  const TemporaryFile file(with_provider("    description: mine\n    http: {start: {method: FETCH}}\n"));
  const LoadOutcome outcome = load_settings(file.path(), provider_kinds(), installed.options());
  std::string told;
  for (const Problem& problem : outcome.problems) {
    const bool is_installed = problem.file == installed.file("mine");
    CHECK((is_installed || problem.file == file.path()));
    told += (is_installed ? "description:" : "configuration:") + std::to_string(problem.line) + "\n";
  }
  CHECK(told == "configuration:7\ndescription:4\ndescription:6\ndescription:7\n");
}

TEST_CASE("a description that is no YAML is told with its file") {
  const Installed installed("mine", "base_url: [\n");
  const LoadOutcome outcome = load_text(with_provider("    description: mine\n"), installed.options());
  REQUIRE_FALSE(outcome.problems.empty());
  const bool is_told = std::any_of(
      outcome.problems.begin(), outcome.problems.end(),
      [&](const Problem& problem) { return problem.file == installed.file("mine") && problem.line > 0; });
  CHECK(is_told);
}

TEST_CASE("a description that is not known is told with those that there are") {
  const LoadOutcome outcome = load_text(with_provider("    description: e2c\n"), of_program());
  CHECK_FALSE(outcome.settings);
  CHECK(
      lines(outcome).find("'description' e2c is not known: there are browser-use, browserbase, daytona, e2b, "
                          "kernel, steel") != std::string::npos);
}
