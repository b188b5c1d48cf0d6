// The connections of the webhook listener: it admits and evicts them, counts them and their buffers against
// the limits, and closes those whose deadline has passed. It has one timer, which is set to the earliest
// deadline.
//
// A connection is authenticated once a delivery with a valid signature was accepted on it. Each connection is
// in one of three lists: unauthenticated, authenticated, or processing, which is from a complete request to
// its answer. The first two are in the order in which the connections began to wait. The first connection of
// the first list that is not empty is evicted first; a connection that is processing is never evicted.
//
// Only the listener's thread uses it.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/server_tls.h"
#include "webhook/completion_queue.h"
#include "webhook/handshake_scheduler.h"
#include "webhook/live_counters.h"
#include "webhook/verification_queue.h"
#include "webhook/webhook_limits.h"
#include "webhook/webhook_ports.h"

namespace keeper {

using Steady = std::chrono::steady_clock;

class ConnectionTable {
 public:
  using Connections = std::list<std::shared_ptr<WebhookConnection>>;
  using Entry = Connections::iterator;  // stays valid while the connection moves between the lists

  ConnectionTable(boost::asio::io_context& io, boost::asio::thread_pool& pool, const WebhookPorts& ports,
                  const WebhookLimits& limits, LiveCounters& counters);

  // False while connections that are processing fill the table. `when_capacity` reports the end of that.
  bool has_capacity() const { return processing_.size() < limits_.connections_max; }
  // Takes a new connection. Where the table, or the share of this address, is full, another one is evicted
  // for it.
  void admit(boost::asio::ip::tcp::socket socket, const boost::asio::ip::address& from);
  // Sets the certificate for connections that are admitted from now on.
  void use(ServerTls tls) { tls_ = std::move(tls); }
  // Calls `call` once, as soon as a connection is not processing any more or is gone.
  void when_capacity(std::function<void()> call) { on_capacity_ = std::move(call); }
  // False where no connection may be evicted.
  bool evict_one();

  // Closes authenticated connections that are idle at once, and others that have sent nothing after a quarter
  // of `grace`. Requests under way are answered. After `grace` all that is left is closed. `done` is called
  // when none is left.
  void shut_down(Millis grace, std::function<void()> done);
  // Drops the outcomes that other threads still bring.
  void drop_completions() { completions_->close(); }

  // What follows is for the connections themselves.
  const WebhookLimits& limits() const { return limits_; }
  const std::function<bool(std::string_view, std::string_view)>& admits() const { return ports_.admits; }
  LiveCounters& counters() { return counters_; }
  bool shutting_down() const { return shutting_down_; }
  // The timer fires at `deadline` or before. It calls `expire` of each connection whose deadline has passed.
  void arm_timer(Steady::time_point deadline);
  // Moves a connection between the lists. `authenticated` names the list that it comes from, or goes to.
  void begin_processing(Entry entry, bool authenticated);
  void end_processing(Entry entry, bool authenticated);
  void remove(Entry entry, bool processing, bool authenticated, std::size_t buffered,
              const std::string& source);
  // The buffers of a connection have grown or shrunk by `change` bytes. This may evict others, or the caller
  // itself.
  void account_buffers(std::ptrdiff_t change);
  void submit(std::shared_ptr<WebhookConnection> connection, std::uint64_t request_number,
              bool authenticated);

 private:
  std::string source_of(const boost::asio::ip::address& peer) const;
  bool evict_of(const std::string& source);
  void evict(std::shared_ptr<WebhookConnection> connection);
  void on_timer();
  std::size_t size() const { return unauthenticated_.size() + authenticated_.size() + processing_.size(); }
  void capacity_freed();
  void close_silent(Millis rest);
  static void close_idle(const Connections& connections);
  void close_all();
  void all_closed();

  const WebhookPorts& ports_;
  const WebhookLimits& limits_;
  std::set<boost::asio::ip::address> exempt_;
  LiveCounters& counters_;
  ServerTls tls_;
  std::shared_ptr<CompletionQueue> completions_;
  std::shared_ptr<VerificationQueue> verification_;
  HandshakeScheduler handshakes_;
  boost::asio::steady_timer timer_;
  Steady::time_point armed_ = Steady::time_point::max();
  Connections unauthenticated_;
  Connections authenticated_;
  Connections processing_;
  std::map<std::string, std::size_t> per_source_;
  std::size_t buffered_bytes_ = 0;
  bool shutting_down_ = false;
  std::function<void()> on_capacity_;
  std::function<void()> on_all_closed_;
};

}  // namespace keeper
