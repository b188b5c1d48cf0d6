// The API calls received, in order of arrival.
// One thread at a time (the model's lock). Keeps the last 200,000.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "sandbox/codec.h"
#include "sandbox/time.h"
#include "sandbox/wire.h"

namespace sandbox {

class CallLog {
 public:
  std::uint64_t begin(Time at, const Request& request);
  void classify(std::uint64_t seq, Provider provider, Operation operation);
  // `status` is nothing for a call whose connection was reset.
  void finish(std::uint64_t seq, std::optional<int> status, const std::string& remote_id);
  // Calls with a sequence number above `after`, oldest first; a call under way has a null status.
  Json describe(std::uint64_t after, std::size_t limit) const;

 private:
  struct Call {
    Time at;
    std::string method;
    std::string path;
    std::string query;
    std::string remote_id{};
    std::optional<int> status{};
    std::optional<Provider> provider{};
    std::optional<Operation> operation{};
    bool finished = false;
  };
  Call* find(std::uint64_t seq);

  std::deque<Call> calls_;
  std::uint64_t first_ = 1;
};

}  // namespace sandbox
