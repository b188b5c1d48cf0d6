// Files that nobody would write, or that were cut off: an answer, quickly, and never a crash.
#include <algorithm>
#include <ctime>
#include <random>

#include "config/loading.h"

using namespace keeper;
using namespace keeper::test;

namespace {

// Either it loads or it says why, and every problem stands within the file.
void check_answered(const LoadOutcome& outcome, const std::string& yaml) {
  const auto line_count = 2 + std::count(yaml.begin(), yaml.end(), '\n');
  bool errors = false;
  for (const Problem& problem : outcome.problems) {
    errors = errors || problem.severity == Problem::Severity::error;
    if (problem.line < 1 || problem.line > line_count || problem.column < 1 || problem.message.empty()) {
      FAIL(to_line(problem));
    }
  }
  if (errors == outcome.settings.has_value()) FAIL("settings and errors: " << lines(outcome));
}

std::string repeated(const std::string& part, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += part;
  return result;
}

}  // namespace

// Within a comment one cut is as good as another.
bool is_in_comment(const std::string& yaml, std::size_t at) {
  const std::size_t line = at == 0 ? 0 : yaml.rfind('\n', at - 1) + 1;
  const std::size_t hash = yaml.find("# ", line);
  return hash != std::string::npos && hash + 2 < at && at < yaml.find('\n', hash);
}

TEST_CASE("the examples cut off at any byte are answered") {
  for (const char* name : {"config/quickstart.yaml", "config/session-keeper.yaml"}) {
    const std::string whole = read_text(source(name));
    REQUIRE(whole.size() > 1000);
    const TemporaryFile file("");
    for (std::size_t length = 0; length <= whole.size(); ++length) {
      if (is_in_comment(whole, length)) continue;
      const std::string part = whole.substr(0, length);
      file.write(part);
      check_answered(load_settings(file.path(), provider_kinds(), options()), part);
    }
  }
}

TEST_CASE("the example with bytes changed at random is answered, and shows no secret") {
  const std::string whole = read_text(source("tests/golden/config/good_everything.yaml"));
  const std::string alphabet = "{}[]:,-#&*!|>'\"%@`$ \n\t\\?0a~<\xc3\x04";
  std::mt19937 random(20261121);
  const TemporaryFile file("");
  for (int round = 0; round < 1500; ++round) {
    std::string yaml = whole;
    for (unsigned i = 0, changes = 1 + random() % 4; i < changes; ++i) {
      yaml[random() % yaml.size()] = alphabet[random() % alphabet.size()];
    }
    file.write(yaml);
    const LoadOutcome outcome = load_settings(file.path(), provider_kinds(), options());
    check_answered(outcome, yaml);
    if (lines(outcome).find(planted) != std::string::npos) FAIL(yaml);
  }
  SUCCEED();
}

TEST_CASE("what is made to exhaust a parser is refused within seconds") {
  const std::size_t much = 200'000;
  const std::string hostile[] = {
      repeated("[", much),
      repeated("{", much),
      repeated("{a: ", much),
      repeated("- ", much),
      repeated("? ", much),
      repeated("a: &b ", much),
      repeated("!", much),
      repeated("&a ", much),
      "a: \"" + repeated("\\", much),
      repeated("'", much),
      repeated("a:\n", much),
      repeated("[],", much),
      "a: |\n" + repeated(" b\n", much),
      "a: [" + repeated("b, ", much) + "]",
      repeated("*a ", much),
      "plans: {" + repeated("a, ", 4000) + "}",
      repeated("%TAG ! x\n", 20'000),
      repeated("---\n", much),
  };
  for (const std::string& yaml : hostile) {
    INFO(yaml.substr(0, 20));
    const std::clock_t begin = std::clock();
    const LoadOutcome outcome = load_text(yaml);
    CHECK_FALSE(outcome.settings);
    CHECK_FALSE(outcome.problems.empty());
    CHECK((std::clock() - begin) / CLOCKS_PER_SEC < 10);
  }
}

TEST_CASE("aliases cannot make more of a file than it has bytes, and where they do is said") {
  std::string yaml = "a: &a [b, c, d, e, f, g, h, i, j, k]\nb: &b [";
  for (int i = 0; i < 100; ++i) yaml += "*a, ";
  yaml += "*a]\nc: [";
  for (int i = 0; i < 20; ++i) yaml += "*b, ";
  const LoadOutcome outcome = load_text(yaml + "*b]\n");
  REQUIRE(outcome.problems.size() == 1);
  CHECK(outcome.problems[0].line == 3);
  CHECK(outcome.problems[0].message.find("more than 10000 values") != std::string::npos);
}

// In the words of the YAML library, which newer ones end with the name.
TEST_CASE("an alias of nothing is refused where it stands") {
  const std::string found = lines(load_text("plans: *a\n"));
  CHECK(found.starts_with("1:8: error: YAML: the referenced anchor is not defined"));
}

TEST_CASE("of very many complaints the first thousand are shown, and how many more there are") {
  std::string yaml = "providers: {p: {type: notte, api_key: \"${KEY}\"}}\nplans:\n";
  for (int i = 0; i < 6000; ++i)
    yaml += "  p" + std::to_string(i) + ": {provider: q, schedule: {always: true}}\n";
  const LoadOutcome outcome = load_text(yaml);
  CHECK_FALSE(outcome.settings);
  REQUIRE(outcome.problems.size() == 1001);
  CHECK(outcome.problems.back().message.find("5000 further complaints") == 0);
}
