#include "probe/probe_kit.h"

#include <stdlib.h>

#include <algorithm>
#include <stdexcept>

namespace keeper::test {
namespace {

Adapter adapter_of(const std::string& type) {
  const auto& all = adapters();
  return *std::find_if(all.begin(), all.end(), [&](const Adapter& adapter) { return adapter.name == type; });
}

}  // namespace

bool SandboxPace::wait(Mono until) {
  if (waits_until_called_off == 0) return waits_until_called_off = -1, false;
  if (waits_until_called_off > 0) --waits_until_called_off;
  const Millis left = until - now().mono;
  if (left > Millis{0}) {
    playground_.advance(left);
    passed_ += left;
  }
  return true;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "keeper-probe-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

std::size_t TemporaryFolder::files() const {
  const std::filesystem::directory_iterator all(path_);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

Probed::Probed(const std::string& type)
    : pace(playground), settings(settings_of(adapter_of(type), playground.api_url())) {
  const ProviderName name{"it"};
  terms.provider = name;
  terms.instance = InstanceId{"0123456789abcdef0123456789abcdef"};
  terms.plan = settings.config->plans.at(PlanName{"desk"});
  terms.traits = settings.config->providers.at(name);
  terms.traits.price = Price{0.1, std::chrono::minutes{1}, Millis{0}, "USD"};
  terms.call_spacing = probe::call_spacing(settings.providers.at(name).limits);
  trace = std::make_shared<probe::Trace>(settings.providers.at(name));
  ProviderSettings& mine = settings.providers.at(name);
  mine.recorder = trace;
  provider = make_provider(mine, {});
}

Result<probe::Limits> Probed::limits(double max_cost, std::optional<Millis> max_time) const {
  return probe::limits_of(terms, max_cost, max_time);
}

Result<probe::Journal> Probed::journal() {
  return probe::Journal::create(
      folder.path(), {terms.provider, terms.instance, terms.plan.place, terms.plan.parameters, {}});
}

probe::Outcome Probed::run(double max_cost, std::optional<Millis> max_time) {
  const probe::Limits allowed = limits(max_cost, max_time).value();
  probe::Journal written = journal().value();
  probe::Conversation talk = conversation();
  probe::Outcome outcome = measure(talk, allowed, written, ports);
  if (written.is_clean()) static_cast<void>(written.close().value());
  return outcome;
}

}  // namespace keeper::test
