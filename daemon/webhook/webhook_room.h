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
#include "webhook/handshake_queue.h"
#include "webhook/webhook_intake.h"
#include "webhook/webhook_limits.h"
#include "webhook/webhook_ports.h"
#include "webhook/webhook_returns.h"
#include "webhook/live_counters.h"

namespace keeper {

using Steady = std::chrono::steady_clock;

class WebhookRoom {
 public:
  // Connections wait in the order in which they began to: newcomers, and those that a delivery was accepted on. Those with
  // a complete request are at work.
  using Seats = std::list<std::shared_ptr<WebhookConnection>>;

  WebhookRoom(boost::asio::io_context& io, boost::asio::thread_pool& pool, const WebhookPorts& ports,
              const WebhookLimits& limits, LiveCounters& counters);

  // False while every seat is taken by a request at work: `on_seat` will be called when one is free.
  bool has_room() const { return working_.size() < limits_.connections_max; }
  // When all seats, or all of its address, are taken, the newcomer that waited longest makes room, and only where there is
  // none one that delivered.
  void admit(boost::asio::ip::tcp::socket socket, const boost::asio::ip::address& from);
  // For connections that come from now on.
  void use(ServerTls tls) { tls_ = std::move(tls); }
  void on_seat(std::function<void()> call) { on_seat_ = std::move(call); }
  bool evict_one();

  // Idle connections go at once, newcomers that stay silent soon, requests under way are answered; at the end of `grace`
  // all the rest goes.
  void close_down(Millis grace, std::function<void()> done);
  // Drops what threads still want to hand back.
  void forget_returns() { returns_->close(); }

  // For connections.
  const WebhookLimits& limits() const { return limits_; }
  const std::function<bool(std::string_view, std::string_view)>& admits() const { return ports_.admits; }
  LiveCounters& counters() { return counters_; }
  bool closing_down() const { return closing_down_; }
  void arm(Steady::time_point deadline);
  // `trusted`: a delivery was accepted on it.
  void at_work(Seats::iterator seat, bool trusted);
  void waits(Seats::iterator seat, bool trusted);
  void leave(Seats::iterator seat, bool working, bool trusted, std::size_t buffered, const std::string& origin);
  // The buffers of a connection grew or shrank; may evict others, or the caller itself.
  void buffered(std::ptrdiff_t change);
  void submit(std::shared_ptr<WebhookConnection> connection, std::uint64_t ticket, bool trusted);

 private:
  std::string origin_of(const boost::asio::ip::address& from) const;
  bool evict_of(const std::string& origin);
  void evict(std::shared_ptr<WebhookConnection> connection);
  void on_timer();
  std::size_t seated() const { return newcomers_.size() + trusted_.size() + working_.size(); }
  void seat_free();
  void close_silent(Millis rest);
  static void close_idle(const Seats& seats);
  void close_all();
  void empty();

  const WebhookPorts& ports_;
  const WebhookLimits& limits_;
  LiveCounters& counters_;
  ServerTls tls_;
  std::shared_ptr<WebhookReturns> returns_;
  std::shared_ptr<WebhookIntake> intake_;
  HandshakeQueue handshakes_;
  boost::asio::steady_timer timer_;
  Steady::time_point armed_ = Steady::time_point::max();
  Seats newcomers_;
  Seats trusted_;
  Seats working_;
  std::map<std::string, std::size_t> per_origin_;
  std::size_t buffered_bytes_ = 0;
  bool closing_down_ = false;
  std::function<void()> on_seat_;
  std::function<void()> on_empty_;
};

}  // namespace keeper
