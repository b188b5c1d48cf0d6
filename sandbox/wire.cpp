#include "sandbox/wire.h"

#include <algorithm>
#include <array>

namespace sandbox {
namespace {

constexpr std::array<std::pair<Provider, std::string_view>, 9> kProviders{{
    {Provider::videosdk, "videosdk"},
    {Provider::notte, "notte"},
    {Provider::sonoran_cms, "sonoran_cms"},
    {Provider::browserbase, "browserbase"},
    {Provider::e2b, "e2b"},
    {Provider::kernel, "kernel"},
    {Provider::steel, "steel"},
    {Provider::browser_use, "browser-use"},
    {Provider::daytona, "daytona"},
}};

}  // namespace

std::string_view name_of(Provider provider) {
  const auto found = std::find_if(kProviders.begin(), kProviders.end(),
                                  [&](const auto& each) { return each.first == provider; });
  return found == kProviders.end() ? "" : found->second;
}

std::string_view name_of(Operation operation) {
  switch (operation) {
    case Operation::start:
      return "start";
    case Operation::read:
      return "read";
    case Operation::list:
      return "list";
    case Operation::stop:
      return "stop";
    case Operation::cancel:
      return "cancel";
    case Operation::activity:
      return "activity";
    case Operation::key:
      return "key";
    case Operation::other:
      return "other";
  }
  return "";
}

std::optional<Provider> provider_named(std::string_view name) {
  for (const auto& [provider, its_name] : kProviders) {
    if (name == its_name) return provider;
  }
  return std::nullopt;
}

std::optional<Operation> operation_named(std::string_view name) {
  constexpr std::array kAll = {Operation::start,  Operation::read,     Operation::list, Operation::stop,
                               Operation::cancel, Operation::activity, Operation::key,  Operation::other};
  for (const Operation each : kAll) {
    if (name == name_of(each)) return each;
  }
  return std::nullopt;
}

std::optional<std::string> Request::query_value(const std::string& name) const {
  const auto found = query.find(name);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

Answer json_answer(int status, const Json& body, std::string remote_id) {
  return {.status = status,
          .body = dump(body),
          .content_type = "application/json",
          .headers = {},
          .remote_id = std::move(remote_id)};
}

}  // namespace sandbox
