// One API call as the provider models see it: without sockets and threads.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/codec.h"

namespace sandbox {

enum class Provider { videosdk, notte, sonoran_cms, browserbase, e2b, kernel, steel, browser_use, daytona };
enum class Operation { start, read, list, stop, cancel, activity, key, other };

std::string_view name_of(Provider provider);
std::string_view name_of(Operation operation);
std::optional<Provider> provider_named(std::string_view name);
std::optional<Operation> operation_named(std::string_view name);

struct Request {
  std::string method;
  std::string path;
  // Path and query as they came.
  std::string target;
  std::vector<std::string> segments;
  std::multimap<std::string, std::string> query;
  std::optional<std::string> authorization;
  // By their names in lower case.
  std::multimap<std::string, std::string> headers;
  std::string idempotency_key;
  std::string host;
  std::string body;

  std::optional<std::string> query_value(const std::string& name) const;
};

struct Answer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  // The session that the call was about, for the log.
  std::string remote_id;
};

Answer json_answer(int status, const Json& body, std::string remote_id = {});

struct Route {
  Provider provider;
  Operation operation;
  // Applies the call to the model; runs with the model locked.
  std::function<Answer(const Request&)> serve;
};

}  // namespace sandbox
