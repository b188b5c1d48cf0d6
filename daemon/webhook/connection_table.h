// The connections of the webhook listener: who is in, who must go, and one timer for all deadlines, armed to
// the earliest. Also hands complete requests to the pool. The listener's thread only.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/server_tls.h"
#include "webhook/handshake_scheduler.h"
#include "webhook/verification_queue.h"
#include "webhook/webhook_limits.h"
#include "webhook/webhook_ports.h"
#include "webhook/completion_queue.h"
#include "webhook/live_counters.h"

namespace keeper {

using Steady = std::chrono::steady_clock;

class ConnectionTable {
 public:
  // Connections wait in the order in which they began to: newcomers, and those that a delivery was accepted on. Those with
  // a complete request are at work.
  using Connections = std::list<std::shared_ptr<WebhookConnection>>;
  using Entry = Connections::iterator;  // stays valid while the connection moves between the lists

  ConnectionTable(boost::asio::io_context& io, boost::asio::thread_pool& pool, const WebhookPorts& ports,
              const WebhookLimits& limits, LiveCounters& counters);

  // False while every entry is taken by a request at work: `when_capacity` will be called when one is free.
  bool has_capacity() const { return processing_.size() < limits_.connections_max; }
  // When all connections, or all of its address, are taken, the newcomer that waited longest makes room, and only where there is
  // none one that delivered.
  void admit(boost::asio::ip::tcp::socket socket, const boost::asio::ip::address& from);
  // For connections that come from now on.
  void use(ServerTls tls) { tls_ = std::move(tls); }
  void when_capacity(std::function<void()> call) { on_capacity_ = std::move(call); }
  bool evict_one();

  // Idle connections go at once, newcomers that stay silent soon, requests under way are answered; at the end of `grace`
  // all the rest goes.
  void shut_down(Millis grace, std::function<void()> done);
  // Drops what threads still want to hand back.
  void drop_completions() { completions_->close(); }

  // For connections.
  const WebhookLimits& limits() const { return limits_; }
  const std::function<bool(std::string_view, std::string_view)>& admits() const { return ports_.admits; }
  LiveCounters& counters() { return counters_; }
  bool shutting_down() const { return shutting_down_; }
  void arm_timer(Steady::time_point deadline);
  // `authenticated`: a delivery was accepted on it.
  void begin_processing(Entry entry, bool authenticated);
  void end_processing(Entry entry, bool authenticated);
  void remove(Entry entry, bool processing, bool authenticated, std::size_t buffered, const std::string& source);
  // The buffers of a connection grew or shrank; may evict others, or the caller itself.
  void account_buffers(std::ptrdiff_t change);
  void submit(std::shared_ptr<WebhookConnection> connection, std::uint64_t request_number, bool authenticated);

 private:
  std::string source_of(const boost::asio::ip::address& from) const;
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
