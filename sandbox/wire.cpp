#include "sandbox/wire.h"

#include <array>

namespace sandbox {

std::string_view name_of(Provider provider) {
  switch (provider) {
    case Provider::videosdk:
      return "videosdk";
    case Provider::notte:
      return "notte";
    case Provider::sonoran_cms:
      return "sonoran_cms";
  }
  return "";
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
  for (const Provider each : {Provider::videosdk, Provider::notte, Provider::sonoran_cms}) {
    if (name == name_of(each)) return each;
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
