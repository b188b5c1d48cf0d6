#include "webhook/connection_table.h"

#include <algorithm>
#include <vector>

#include "webhook/webhook_connection.h"

namespace keeper {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// A listener on [::] sees IPv4 clients as ::ffff:192.0.2.1.
asio::ip::address unmapped(const asio::ip::address& from) {
  if (from.is_v6() && from.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, from.to_v6());
  return from;
}

constexpr int silence_share = 4;  // the part of the grace that a connection has to send its first byte

}  // namespace

ConnectionTable::ConnectionTable(asio::io_context& io, asio::thread_pool& pool, const WebhookPorts& ports,
                                 const WebhookLimits& limits, LiveCounters& counters)
    : ports_(ports),
      limits_(limits),
      counters_(counters),
      completions_(std::make_shared<CompletionQueue>(io)),
      verification_(
          std::make_shared<VerificationQueue>(pool, limits.verification_threads, ports, completions_)),
      handshakes_(io),
      timer_(io) {
  for (const std::string& text : limits.exempt_addresses) {
    error_code failed;
    const auto address = asio::ip::make_address(text, failed);
    if (!failed) exempt_.insert(unmapped(address));
  }
}

// The address that counts against the limit: an IPv4 address, or an IPv6 /64. Empty for one that is exempt.
std::string ConnectionTable::source_of(const asio::ip::address& peer) const {
  const asio::ip::address from = unmapped(peer);
  if ((limits_.exempts_loopback && from.is_loopback()) || exempt_.contains(from)) return {};
  if (from.is_v4()) return from.to_string();
  auto bytes = from.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return asio::ip::address_v6(bytes).to_string();
}

bool ConnectionTable::evict_of(const std::string& source) {
  for (const Connections* connections : {&unauthenticated_, &authenticated_}) {
    const auto longest = std::find_if(connections->begin(), connections->end(),
                                      [&](const auto& connection) { return connection->source() == source; });
    if (longest == connections->end()) continue;
    evict(*longest);
    return true;
  }
  return false;
}

void ConnectionTable::admit(asio::ip::tcp::socket socket, const asio::ip::address& from) {
  const std::string source = source_of(from);
  const bool counted = !source.empty();
  if (counted && per_source_[source] >= limits_.connections_per_address_max) evict_of(source);
  if (counted) ++per_source_[source];
  if (size() >= limits_.connections_max) evict_one();
  counters_.connection_opened();
  unauthenticated_.push_back(std::make_shared<WebhookConnection>(
      *this, WebhookStream(std::move(socket), tls_.context.get(), handshakes_), source));
  const auto connection = unauthenticated_.back();
  connection->start(std::prev(unauthenticated_.end()));
}

bool ConnectionTable::evict_one() {
  if (unauthenticated_.empty() && authenticated_.empty()) return false;
  evict((unauthenticated_.empty() ? authenticated_ : unauthenticated_).front());
  return true;
}

// By value, because close() erases the entry.
void ConnectionTable::evict(std::shared_ptr<WebhookConnection> connection) {
  counters_.count(WebhookCounter::evicted);
  connection->close();
}

void ConnectionTable::begin_processing(Entry entry, bool authenticated) {
  processing_.splice(processing_.end(), authenticated ? authenticated_ : unauthenticated_, entry);
}

void ConnectionTable::end_processing(Entry entry, bool authenticated) {
  Connections& connections = authenticated ? authenticated_ : unauthenticated_;
  connections.splice(connections.end(), processing_, entry);
  capacity_freed();
}

void ConnectionTable::remove(Entry entry, bool processing, bool authenticated, std::size_t buffered,
                             const std::string& source) {
  if (const auto counted = per_source_.find(source); counted != per_source_.end() && --counted->second == 0) {
    per_source_.erase(counted);
  }
  buffered_bytes_ -= buffered;
  counters_.connection_closed();
  (processing ? processing_ : authenticated ? authenticated_ : unauthenticated_).erase(entry);
  capacity_freed();
  if (shutting_down_ && size() == 0) all_closed();
}

void ConnectionTable::capacity_freed() {
  if (on_capacity_) std::exchange(on_capacity_, nullptr)();
}

void ConnectionTable::account_buffers(std::ptrdiff_t change) {
  buffered_bytes_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(buffered_bytes_) + change);
  while (buffered_bytes_ > limits_.buffer_bytes_max && evict_one()) {
  }
}

void ConnectionTable::arm_timer(Steady::time_point deadline) {
  if (deadline >= armed_) return;
  armed_ = deadline;
  timer_.expires_at(deadline);
  timer_.async_wait([this](error_code failed) {
    if (!failed) on_timer();
  });
}

void ConnectionTable::on_timer() {
  armed_ = Steady::time_point::max();
  const Steady::time_point now = Steady::now();
  std::vector<std::shared_ptr<WebhookConnection>> due;
  Steady::time_point next = Steady::time_point::max();
  for (const Connections* connections : {&unauthenticated_, &authenticated_, &processing_}) {
    for (const auto& connection : *connections) {
      if (connection->deadline() <= now) {
        due.push_back(connection);
      } else {
        next = std::min(next, connection->deadline());
      }
    }
  }
  if (next != Steady::time_point::max()) arm_timer(next);
  for (const auto& connection : due) connection->expire();
}

void ConnectionTable::shut_down(Millis grace, std::function<void()> done) {
  shutting_down_ = true;
  // From here on the end of the grace is the only deadline. No connection can set an earlier one.
  armed_ = Steady::time_point::min();
  const Millis silence = grace / silence_share;
  timer_.expires_after(silence);
  timer_.async_wait([this, rest = grace - silence](error_code failed) {
    if (!failed) close_silent(rest);
  });
  on_all_closed_ = std::move(done);
  close_idle(authenticated_);
  if (size() == 0) all_closed();
}

void ConnectionTable::close_silent(Millis rest) {
  timer_.expires_after(rest);
  timer_.async_wait([this](error_code failed) {
    if (!failed) close_all();
  });
  close_idle(unauthenticated_);
}

void ConnectionTable::close_idle(const Connections& connections) {
  for (const auto& connection : Connections(connections)) {
    if (connection->idle()) connection->close();
  }
}

void ConnectionTable::close_all() {
  for (const Connections& connections : {unauthenticated_, authenticated_, processing_}) {
    for (const auto& connection : connections) connection->close();
  }
}

void ConnectionTable::all_closed() {
  timer_.cancel();
  if (on_all_closed_) std::exchange(on_all_closed_, nullptr)();
}

void ConnectionTable::submit(std::shared_ptr<WebhookConnection> connection, std::uint64_t request_number,
                             bool authenticated) {
  verification_->push(std::move(connection), request_number, authenticated);
}

}  // namespace keeper
