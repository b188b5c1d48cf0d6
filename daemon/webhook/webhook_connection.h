// One client of the webhook listener. It reads a request, has it verified and committed without a thread that
// waits, writes the answer, and goes on with the next request of the same client.
//
// Only the listener's thread uses it, with one exception: from `submit` to `complete` a thread of the pool
// reads body(), verdict() and header(). The connection changes none of them during that time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "webhook/chunked_body.h"
#include "webhook/connection_table.h"
#include "webhook/webhook_reply.h"
#include "webhook/webhook_request.h"
#include "webhook/webhook_stream.h"

namespace keeper {

class WebhookConnection : public std::enable_shared_from_this<WebhookConnection> {
 public:
  // `source` is the address that it counts against; empty for an exempt one.
  WebhookConnection(ConnectionTable& table, WebhookStream stream, std::string source);

  void start(ConnectionTable::Entry entry);
  // The outcome of a request. One of an earlier request, which has timed out, is ignored.
  void complete(std::uint64_t request_number, WebhookOutcome outcome);
  Steady::time_point deadline() const { return deadline_; }
  // Call it once the deadline has passed: it answers 408 or 503, or closes.
  void expire();
  // True while no byte of a request has come.
  bool idle() const { return phase_ == Phase::receiving && !parser_ && !stream_.has_waiting(); }
  void close();
  const std::string& source() const { return source_; }

  // Of the complete request, valid from `submit` to `complete`.
  std::string_view body() const;
  const WebhookVerdict& verdict() const { return verdict_; }
  // As only_header() of the request.
  std::string_view header(std::string_view name) const { return only_header(parser_->get(), name); }

 private:
  enum class Phase { receiving, processing, answering, draining, closed };
  using Parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;

  void set_deadline(Millis from_now);
  void read();
  void on_read(boost::system::error_code failed, std::size_t bytes);
  std::size_t next_read_bytes() const;
  void process_buffer();
  void skip_empty_lines();
  bool parse_head();
  bool is_head_too_large() const;
  void judge_head();
  bool has_whole_body();
  void submit();
  void refuse(int status, std::string_view why);
  void answer(WebhookReply reply);
  void on_answered(boost::system::error_code failed);
  void begin_next();
  void drain();
  void discard();
  void account();

  ConnectionTable& table_;
  WebhookStream stream_;
  const std::string source_;
  ConnectionTable::Entry entry_;
  Phase phase_ = Phase::receiving;
  Steady::time_point deadline_{};
  Steady::time_point receive_by_{};  // of the request that is being received
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::size_t head_bytes_ = 0;
  bool judged_ = false;
  WebhookVerdict verdict_;
  std::optional<ChunkedBody> chunked_;  // of a request whose body is chunked
  std::uint64_t request_number_ = 0;
  bool processing_ = false;  // in the list of those that are processing, until the answer is written
  bool reading_ = false;
  bool authenticated_ = false;  // a delivery was accepted on it
  bool keeps_alive_ = true;
  bool rest_follows_ = false;  // the client may still send the rest of a refused request
  std::size_t accounted_bytes_ = 0;
  std::size_t drained_bytes_ = 0;
  std::string out_;
};

}  // namespace keeper
