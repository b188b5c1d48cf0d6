#include "sandbox/call_log.h"

#include <algorithm>

namespace sandbox {
namespace {
constexpr std::size_t kLimit = 200000;
}

std::uint64_t CallLog::begin(Time at, const Request& request) {
  const auto mark = request.target.find('?');
  calls_.push_back({.at = at,
                    .method = request.method,
                    .path = request.path,
                    .query = mark == std::string::npos ? "" : request.target.substr(mark + 1)});
  if (calls_.size() > kLimit) {
    calls_.pop_front();
    ++first_;
  }
  return first_ + calls_.size() - 1;
}

CallLog::Call* CallLog::find(std::uint64_t seq) { return seq < first_ ? nullptr : &calls_[seq - first_]; }

void CallLog::classify(std::uint64_t seq, Provider provider, Operation operation) {
  if (Call* call = find(seq)) {
    call->provider = provider;
    call->operation = operation;
  }
}

void CallLog::finish(std::uint64_t seq, std::optional<int> status, const std::string& remote_id) {
  if (Call* call = find(seq)) {
    call->status = status;
    call->remote_id = remote_id;
    call->finished = true;
  }
}

Json CallLog::describe(std::uint64_t after, std::size_t limit) const {
  Json rows = Json::array();
  for (std::uint64_t seq = std::max(after + 1, first_); seq < first_ + calls_.size() && rows.size() < limit;
       ++seq) {
    const Call& call = calls_[seq - first_];
    const char* outcome = !call.finished ? "under_way" : call.status ? "answered" : "reset";
    rows.push_back({{"seq", seq},
                    {"at", iso_time(call.at, 3, "Z")},
                    {"method", call.method},
                    {"path", call.path},
                    {"query", call.query},
                    {"status", call.status ? Json(*call.status) : Json()},
                    {"remote_id", call.remote_id.empty() ? Json() : Json(call.remote_id)},
                    {"provider", call.provider ? Json(name_of(*call.provider)) : Json()},
                    {"operation", call.operation ? Json(name_of(*call.operation)) : Json()},
                    {"outcome", outcome}});
  }
  return rows;
}

}  // namespace sandbox
