#include "http/webhook_room.h"

#include <algorithm>
#include <vector>

#include "http/webhook_connection.h"

namespace keeper {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

WebhookRoom::WebhookRoom(asio::io_context& io, asio::thread_pool& pool, const WebhookPorts& ports,
                         const WebhookLimits& limits, WebhookTally& tally)
    : ports_(ports),
      limits_(limits),
      tally_(tally),
      returns_(std::make_shared<WebhookReturns>(io)),
      intake_(std::make_shared<WebhookIntake>(pool, limits.intake_threads, ports, returns_)),
      timer_(io) {}

// What is counted together; empty: not counted.
std::string WebhookRoom::origin_of(const asio::ip::address& from) const {
  if ((limits_.trusts_loopback && from.is_loopback()) || limits_.trusted_addresses.contains(from.to_string())) return {};
  if (from.is_v4()) return from.to_string();
  auto bytes = from.to_v6().to_bytes();
  if (from.to_v6().is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, from.to_v6()).to_string();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return asio::ip::address_v6(bytes).to_string();
}

bool WebhookRoom::evict_of(const std::string& origin) {
  const auto longest = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const auto& connection) { return connection->origin() == origin; });
  if (longest == waiting_.end()) return false;
  count(tally_.evicted);
  const auto connection = *longest;
  connection->close();
  return true;
}

void WebhookRoom::admit(asio::ip::tcp::socket socket, const asio::ip::address& from) {
  const std::string origin = origin_of(from);
  const bool counted = !origin.empty();
  if (counted && per_origin_[origin] >= limits_.connections_per_address_max) evict_of(origin);
  if (counted) ++per_origin_[origin];
  if (waiting_.size() + working_.size() >= limits_.connections_max) evict_one();
  tally_.connections.fetch_add(1, std::memory_order_relaxed);
  waiting_.push_back(std::make_shared<WebhookConnection>(
      *this, WebhookStream(std::move(socket), tls_.context.get()), origin));
  const auto connection = waiting_.back();
  connection->start(std::prev(waiting_.end()));
}

bool WebhookRoom::evict_one() {
  if (waiting_.empty()) return false;
  count(tally_.evicted);
  const auto longest = waiting_.front();
  longest->close();
  return true;
}

void WebhookRoom::at_work(Seats::iterator seat) { working_.splice(working_.end(), waiting_, seat); }

void WebhookRoom::waits(Seats::iterator seat) {
  waiting_.splice(waiting_.end(), working_, seat);
  seat_free();
}

void WebhookRoom::leave(Seats::iterator seat, bool working, std::size_t buffered, const std::string& origin) {
  if (const auto counted = per_origin_.find(origin); counted != per_origin_.end() && --counted->second == 0) {
    per_origin_.erase(counted);
  }
  buffered_bytes_ -= buffered;
  tally_.connections.fetch_sub(1, std::memory_order_relaxed);
  (working ? working_ : waiting_).erase(seat);
  seat_free();
  if (closing_down_ && waiting_.empty() && working_.empty()) empty();
}

void WebhookRoom::seat_free() {
  if (on_seat_) std::exchange(on_seat_, nullptr)();
}

void WebhookRoom::buffered(std::ptrdiff_t change) {
  buffered_bytes_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(buffered_bytes_) + change);
  while (buffered_bytes_ > limits_.buffer_bytes_max && evict_one()) {
  }
}

void WebhookRoom::arm(Steady::time_point deadline) {
  if (deadline >= armed_) return;
  armed_ = deadline;
  timer_.expires_at(deadline);
  timer_.async_wait([this](error_code failed) {
    if (!failed) on_timer();
  });
}

void WebhookRoom::on_timer() {
  armed_ = Steady::time_point::max();
  const Steady::time_point now = Steady::now();
  std::vector<std::shared_ptr<WebhookConnection>> due;
  Steady::time_point next = Steady::time_point::max();
  for (const Seats* seats : {&waiting_, &working_}) {
    for (const auto& connection : *seats) {
      if (connection->deadline() <= now) {
        due.push_back(connection);
      } else {
        next = std::min(next, connection->deadline());
      }
    }
  }
  if (next != Steady::time_point::max()) arm(next);
  for (const auto& connection : due) connection->expire();
}

void WebhookRoom::close_down(Millis grace, std::function<void()> done) {
  closing_down_ = true;
  // From here on the one deadline is the grace; what is under way ends by itself before, or is closed with
  // it.
  armed_ = Steady::time_point::min();
  timer_.expires_after(grace);
  timer_.async_wait([this](error_code failed) {
    if (!failed) close_all();
  });
  on_empty_ = std::move(done);
  const Seats waiting = waiting_;
  for (const auto& connection : waiting) {
    if (connection->idle()) connection->close();
  }
  if (waiting_.empty() && working_.empty()) empty();
}

void WebhookRoom::close_all() {
  const Seats waiting = waiting_;
  const Seats working = working_;
  for (const auto& connection : waiting) connection->close();
  for (const auto& connection : working) connection->close();
}

void WebhookRoom::empty() {
  timer_.cancel();
  if (on_empty_) std::exchange(on_empty_, nullptr)();
}

void WebhookRoom::submit(std::shared_ptr<WebhookConnection> connection, std::uint64_t ticket) {
  intake_->push(std::move(connection), ticket);
}

}  // namespace keeper
