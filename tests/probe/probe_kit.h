// A probe at a sandbox of the test's own, in virtual time: waiting moves the sandbox's clock and the probe's.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "adapters/adapters.h"
#include "probe/measurement.h"
#include "provider/provider.h"

namespace keeper::test {

class SandboxPace final : public probe::Pace {
 public:
  explicit SandboxPace(Playground& playground) : playground_(playground) {}
  Now now() const override { return {wall_now() + passed_, BootClock::now() + passed_}; }
  bool wait(Mono until) override;

  int waits_until_called_off = -1;  // below zero: never

 private:
  Playground& playground_;
  Millis passed_{0};
};

// A directory that goes with it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string path() const { return path_.string(); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::size_t files() const;

 private:
  std::filesystem::path path_;
};

// Everything that a probe of one adapter needs.
class Probed {
 public:
  // `type`: of adapters().
  explicit Probed(const std::string& type);

  probe::Outcome run(double max_cost = 10, std::optional<Millis> max_time = {});
  Result<probe::Limits> limits(double max_cost, std::optional<Millis> max_time = {}) const;
  Result<probe::Journal> journal();
  probe::Conversation conversation() { return {*provider, terms, pace, *trace}; }
  std::size_t live() { return playground.remotes(true).size(); }

  Playground playground;
  SandboxPace pace;
  TemporaryFolder folder;
  Settings settings;
  probe::Terms terms;
  std::shared_ptr<probe::Trace> trace;
  std::unique_ptr<Provider> provider;
  probe::CleaningPorts ports;
};

}  // namespace keeper::test
