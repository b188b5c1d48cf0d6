#include "store/chain.h"

#include <cstdint>

#include "base/digest.h"

namespace keeper {
namespace {

void add(std::string& buffer, std::int64_t number) {
  auto rest = static_cast<std::uint64_t>(number);
  for (int i = 0; i < 8; ++i, rest >>= 8U) buffer += static_cast<char>(rest & 0xffU);
}

void add(std::string& buffer, std::string_view text) {
  add(buffer, static_cast<std::int64_t>(text.size()));
  buffer += text;
}

void add(std::string& buffer, Wall time) { add(buffer, time.time_since_epoch().count()); }

}  // namespace

const std::string Chain::start(32, '\0');

std::string Chain::link(std::string_view previous, const TransitionRow& row) {
  buffer_.clear();
  add(buffer_, previous);
  add(buffer_, row.session.str());
  add(buffer_, row.plan.str());
  add(buffer_, row.provider.str());
  add(buffer_, std::int64_t{row.remote_id.has_value()});
  add(buffer_, row.remote_id ? row.remote_id->str() : std::string());
  add(buffer_, row.from ? to_string(*row.from) : std::string_view());
  add(buffer_, to_string(row.to));
  add(buffer_, to_string(row.reason));
  add(buffer_, to_string(row.cause));
  add(buffer_, row.at);
  add(buffer_, row.recorded_at);
  add(buffer_, row.detail);
  const Sha256 hash = sha256(buffer_);
  return std::string(hash.begin(), hash.end());
}

}  // namespace keeper
