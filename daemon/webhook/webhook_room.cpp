#include "webhook/webhook_room.h"

#include <algorithm>
#include <vector>

#include "webhook/webhook_connection.h"

namespace keeper {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int silence_share = 4;  // of the grace at the end, for those that were just accepted

}  // namespace

WebhookRoom::WebhookRoom(asio::io_context& io, asio::thread_pool& pool, const WebhookPorts& ports,
                         const WebhookLimits& limits, LiveCounters& counters)
    : ports_(ports),
      limits_(limits),
      counters_(counters),
      returns_(std::make_shared<WebhookReturns>(io)),
      intake_(std::make_shared<WebhookIntake>(pool, limits.intake_threads, ports, returns_)),
      handshakes_(io),
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
  for (const Seats* seats : {&newcomers_, &trusted_}) {
    const auto longest = std::find_if(seats->begin(), seats->end(),
                                      [&](const auto& connection) { return connection->origin() == origin; });
    if (longest == seats->end()) continue;
    evict(*longest);
    return true;
  }
  return false;
}

void WebhookRoom::admit(asio::ip::tcp::socket socket, const asio::ip::address& from) {
  const std::string origin = origin_of(from);
  const bool counted = !origin.empty();
  if (counted && per_origin_[origin] >= limits_.connections_per_address_max) evict_of(origin);
  if (counted) ++per_origin_[origin];
  if (seated() >= limits_.connections_max) evict_one();
  counters_.connection_opened();
  newcomers_.push_back(std::make_shared<WebhookConnection>(
      *this, WebhookStream(std::move(socket), tls_.context.get(), handshakes_), origin));
  const auto connection = newcomers_.back();
  connection->start(std::prev(newcomers_.end()));
}

bool WebhookRoom::evict_one() {
  if (newcomers_.empty() && trusted_.empty()) return false;
  evict((newcomers_.empty() ? trusted_ : newcomers_).front());
  return true;
}

// By value: its seat goes with it.
void WebhookRoom::evict(std::shared_ptr<WebhookConnection> connection) {
  counters_.count(WebhookCounter::evicted);
  connection->close();
}

void WebhookRoom::at_work(Seats::iterator seat, bool trusted) {
  working_.splice(working_.end(), trusted ? trusted_ : newcomers_, seat);
}

void WebhookRoom::waits(Seats::iterator seat, bool trusted) {
  Seats& seats = trusted ? trusted_ : newcomers_;
  seats.splice(seats.end(), working_, seat);
  seat_free();
}

void WebhookRoom::leave(Seats::iterator seat, bool working, bool trusted, std::size_t buffered, const std::string& origin) {
  if (const auto counted = per_origin_.find(origin); counted != per_origin_.end() && --counted->second == 0) {
    per_origin_.erase(counted);
  }
  buffered_bytes_ -= buffered;
  counters_.connection_closed();
  (working ? working_ : trusted ? trusted_ : newcomers_).erase(seat);
  seat_free();
  if (closing_down_ && seated() == 0) empty();
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
  for (const Seats* seats : {&newcomers_, &trusted_, &working_}) {
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
  const Millis silence = grace / silence_share;
  timer_.expires_after(silence);
  timer_.async_wait([this, rest = grace - silence](error_code failed) {
    if (!failed) close_silent(rest);
  });
  on_empty_ = std::move(done);
  close_idle(trusted_);
  if (seated() == 0) empty();
}

void WebhookRoom::close_silent(Millis rest) {
  timer_.expires_after(rest);
  timer_.async_wait([this](error_code failed) {
    if (!failed) close_all();
  });
  close_idle(newcomers_);
}

void WebhookRoom::close_idle(const Seats& seats) {
  for (const auto& connection : Seats(seats)) {
    if (connection->idle()) connection->close();
  }
}

void WebhookRoom::close_all() {
  for (const Seats& seats : {newcomers_, trusted_, working_}) {
    for (const auto& connection : seats) connection->close();
  }
}

void WebhookRoom::empty() {
  timer_.cancel();
  if (on_empty_) std::exchange(on_empty_, nullptr)();
}

void WebhookRoom::submit(std::shared_ptr<WebhookConnection> connection, std::uint64_t ticket, bool trusted) {
  intake_->push(std::move(connection), ticket, trusted);
}

}  // namespace keeper
