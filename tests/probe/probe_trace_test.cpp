#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.h"
#include "config/config.h"
#include "probe/probe_kit.h"
#include "probe/trace_replay.h"
#include "provider/provider_table.h"

using namespace keeper;
using namespace keeper::test;
namespace fs = std::filesystem;

namespace {

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string traced(const std::string& adapter, Probed& probed) {
  const std::string path = probed.folder.file(adapter + ".trace");
  static_cast<void>(probed.trace->open(path).value());
  probed.trace->begin({{"trace", 1}, {"instance", probed.terms.instance.str()}});
  probed.playground.fault({{"notte_idempotency_key", true}});
  static_cast<void>(probed.run());
  CHECK(probed.trace->trouble().empty());
  return path;
}

}  // namespace

TEST_CASE("a trace holds no credential, token or URL, and only its owner may read it") {
  for (const char* adapter : {"notte", "notte legacy", "http", "videosdk", "sonoran_cms"}) {
    Probed probed(adapter);
    if (std::string(adapter) == "videosdk") {
      Json parameters = Json::parse(probed.terms.plan.parameters);
      parameters["env"] = {{"LOCALE", "planted-variable"}};
      probed.terms.plan.parameters = parameters.dump();
    }
    const std::string path = traced(adapter, probed);
    const std::string text = text_of(path);
    INFO(adapter);
    CHECK(text.size() > 2000);
    for (const char* secret :
         {"sandbox-key", "sandbox-secret", "planted-variable", "eyJ", "Bearer ey", "://"}) {
      INFO(secret);
      const std::size_t at = text.find(secret);
      INFO((at == std::string::npos ? "" : text.substr(at > 80 ? at - 80 : 0, 200)));
      CHECK(at == std::string::npos);
    }
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777U) == 0600U);
  }
}

TEST_CASE("an adapter reads a trace of its provider as it read it live") {
  for (const char* adapter : {"notte", "notte legacy", "http", "videosdk", "sonoran_cms"}) {
    Probed probed(adapter);
    const std::string text = text_of(traced(adapter, probed));
    const Replayed replayed = replay(text, probed.settings.providers.at(probed.terms.provider));
    INFO(adapter);
    CHECK(replayed.effects > 5);
    CHECK(replayed.passed_over == 0);
    for (const std::string& difference : replayed.differences) FAIL_CHECK(difference);
  }
}

TEST_CASE("an adapter that reads a trace otherwise is told from one that reads it as before") {
  Probed probed("notte");
  std::string text = text_of(traced("notte", probed));
  const std::string word = R"("status":"active")";
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at))
    text.replace(at, word.size(), R"("status":"closed")");
  const Replayed replayed = replay(text, probed.settings.providers.at(probed.terms.provider));
  CHECK_FALSE(replayed.differences.empty());
}

TEST_CASE("each trace of the repository is read by its adapter as it was read") {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(std::string(KEEPER_SOURCE_DIR) + "/tests/probe/traces")) {
    if (entry.path().extension() != ".trace") continue;
    ++count;
    LoadOptions options;
    options.variable = [](const std::string&) { return std::optional<std::string>("a-planted-secret"); };
    const std::string yaml = fs::path(entry.path()).replace_extension(".yaml").string();
    const LoadOutcome loaded = load_settings(yaml, provider_kinds(), options);
    for (const Problem& problem : loaded.problems) INFO(to_line(problem));
    REQUIRE(loaded.settings);
    const std::string text = text_of(entry.path().string());
    const ProviderName name{Json::parse(text.substr(0, text.find('\n'))).at("provider").get<std::string>()};
    const Replayed replayed = replay(text, loaded.settings->providers.at(name));
    INFO(entry.path().string());
    CHECK(replayed.effects > 0);
    for (const std::string& difference : replayed.differences) FAIL_CHECK(difference);
  }
  CHECK(count > 0);
}

TEST_CASE("a trace's file must be new") {
  Probed probed("notte");
  const std::string path = probed.folder.file("there");
  std::ofstream(path) << "precious";
  const Status opened = probed.trace->open(path);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().what.find("does not exist") != std::string::npos);
  CHECK(text_of(path) == "precious");
}
