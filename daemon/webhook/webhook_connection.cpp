#include "webhook/webhook_connection.h"

#include <algorithm>
#include <iterator>

#include <boost/beast/http/error.hpp>

#include "base/check.h"

namespace keeper {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t read_bytes = 4096;
constexpr std::size_t kept_bytes_max = 16U * 1024U;  // of an empty buffer between requests
constexpr Millis drain_after_timeout{500};

}  // namespace

WebhookConnection::WebhookConnection(ConnectionTable& table, WebhookStream stream, std::string source)
    : table_(table), stream_(std::move(stream)), source_(std::move(source)) {}

void WebhookConnection::start(ConnectionTable::Entry entry) {
  entry_ = entry;
  set_deadline(table_.limits().request);
  receive_by_ = deadline_;
  read();
}

void WebhookConnection::set_deadline(Millis from_now) {
  deadline_ = Steady::now() + from_now;
  table_.arm_timer(deadline_);
}

std::string_view WebhookConnection::body() const {
  if (chunked_) return chunked_->body();
  return {static_cast<const char*>(buffer_.data().data()), verdict_.body_bytes};
}

std::size_t WebhookConnection::next_read_bytes() const {
  if (!judged_ || chunked_) return read_bytes;
  // The buffer grows with what was received, not with what Content-Length claims.
  const std::size_t missing = verdict_.body_bytes - std::min(verdict_.body_bytes, buffer_.size());
  return std::clamp(missing, std::size_t{1}, std::max(read_bytes, buffer_.size()));
}

void WebhookConnection::read() {
  if (reading_) return;
  reading_ = true;
  auto done = [self = shared_from_this()](error_code failed, std::size_t n) { self->on_read(failed, n); };
  if (phase_ == Phase::draining) {
    stream_.read_discarded(buffer_.prepare(kept_bytes_max), std::move(done));
  } else {
    stream_.read_some(buffer_.prepare(next_read_bytes()), std::move(done));
  }
}

void WebhookConnection::on_read(error_code failed, std::size_t bytes) {
  reading_ = false;
  switch (phase_) {
    case Phase::closed:
      return;
    case Phase::processing:  // no read is begun meanwhile
    case Phase::answering:
      if (!failed) drained_bytes_ += bytes;
      return;
    case Phase::draining:
      drained_bytes_ += bytes;
      if (failed) return close();
      return discard();
    case Phase::receiving:
      break;
  }
  if (failed) return close();
  buffer_.commit(bytes);
  account();
  if (phase_ == Phase::receiving) process_buffer();
}

void WebhookConnection::account() {
  const std::size_t bytes = buffer_.capacity() + (chunked_ ? chunked_->body().capacity() : 0);
  const auto change = static_cast<std::ptrdiff_t>(bytes) - static_cast<std::ptrdiff_t>(accounted_bytes_);
  accounted_bytes_ = bytes;
  if (change != 0) table_.account_buffers(change);
}

// Before a request they are passed over (RFC 9112 §2.2).
void WebhookConnection::skip_empty_lines() {
  const auto text = [this] {
    return std::string_view(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  };
  while (text().starts_with("\r\n")) buffer_.consume(2);
}

void WebhookConnection::process_buffer() {
  if (!parser_) skip_empty_lines();
  if (buffer_.size() == 0 && !parser_) return read();
  if (!parser_) {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(table_.limits().header_bytes_max));
    parser_->skip(true);  // the body is read here, in place
    judged_ = false;
    head_bytes_ = 0;
    if (request_number_ != 0) {
      set_deadline(table_.limits().request);
      receive_by_ = deadline_;
    }
    ++request_number_;
  }
  if (!judged_) {
    if (!parse_head()) return;
    judge_head();
    if (phase_ != Phase::receiving) return;
  }
  if (has_whole_body()) submit();
}

// If it has not, this has begun to read more, or has refused the request.
bool WebhookConnection::has_whole_body() {
  if (!chunked_) {
    if (buffer_.size() >= verdict_.body_bytes) return true;
    read();
    return false;
  }
  buffer_.consume(chunked_->take({static_cast<const char*>(buffer_.data().data()), buffer_.size()}));
  account();
  if (phase_ != Phase::receiving) return false;
  if (chunked_->state() == ChunkedBody::State::complete) return true;
  if (chunked_->state() == ChunkedBody::State::more) {
    read();
    return false;
  }
  rest_follows_ = true;
  keeps_alive_ = false;
  if (chunked_->state() == ChunkedBody::State::too_large) {
    refuse(413, "the body is too large");
  } else {
    refuse(400, "the chunks of the body are not well-formed");
  }
  return false;
}

// Beast's own limit looks at one line at a time. The number of fields is limited too, because a field takes
// many times its own bytes of memory.
bool WebhookConnection::is_head_too_large() const {
  const auto& fields = parser_->get();
  return head_bytes_ > table_.limits().header_bytes_max ||
         static_cast<std::size_t>(std::distance(fields.begin(), fields.end())) >
             table_.limits().header_fields_max;
}

// True once the head is complete. If it is not, this has begun to read more, or has refused the request.
bool WebhookConnection::parse_head() {
  error_code failed;
  while (!parser_->is_header_done()) {
    const std::size_t used = parser_->put(buffer_.data(), failed);
    buffer_.consume(used);
    head_bytes_ += used;
    if (is_head_too_large()) failed = http::error::header_limit;
    if (failed == http::error::need_more) {
      read();
      return false;
    }
    if (failed) {
      rest_follows_ = true;
      keeps_alive_ = false;
      if (failed == http::error::header_limit) {
        refuse(431, "the request's head is too large");
      } else {
        refuse(400, "this is not a well-formed HTTP/1.1 request");
      }
      return false;
    }
  }
  return true;
}

void WebhookConnection::judge_head() {
  verdict_ = judge(parser_->get(), table_.limits().body_bytes_max, table_.admits());
  judged_ = true;
  keeps_alive_ = parser_->keep_alive() && !table_.shutting_down();
  if (verdict_.refusal != 0) {
    rest_follows_ = verdict_.body_follows;
    if (rest_follows_) keeps_alive_ = false;
    return refuse(verdict_.refusal, verdict_.why);
  }
  if (verdict_.is_chunked) chunked_.emplace(table_.limits().body_bytes_max);
  const bool waits_for_body =
      verdict_.is_chunked ? buffer_.size() == 0 : buffer_.size() < verdict_.body_bytes;
  if (verdict_.expects_continue && waits_for_body) {
    if (!stream_.send_now("HTTP/1.1 100 Continue\r\n\r\n")) close();
  }
}

void WebhookConnection::submit() {
  phase_ = Phase::processing;
  processing_ = true;
  table_.begin_processing(entry_, authenticated_);
  table_.counters().count(WebhookCounter::received);
  set_deadline(table_.limits().answer);
  table_.submit(shared_from_this(), request_number_, authenticated_);
}

void WebhookConnection::complete(std::uint64_t request_number, WebhookOutcome outcome) {
  if (phase_ != Phase::processing || request_number != request_number_) return;
  LiveCounters& counters = table_.counters();
  if (const Ack* ack = std::get_if<Ack>(&outcome)) {
    authenticated_ = true;
    switch (*ack) {
      case Ack::recorded:
        counters.count(WebhookCounter::recorded);
        break;
      case Ack::duplicate:
        counters.count(WebhookCounter::duplicate);
        break;
      case Ack::held:
        counters.count(WebhookCounter::held);
        break;
      case Ack::ignored:
        counters.count(WebhookCounter::ignored);
        break;
      case Ack::loaded:
      case Ack::accepted:
      case Ack::unknown:
      case Ack::refused:
        check_failed("an acknowledgement of a delivery", __FILE__, __LINE__);
    }
    return answer(reply_to(*ack));
  }
  if (const NotNow* not_now = std::get_if<NotNow>(&outcome)) {
    counters.count(WebhookCounter::unavailable);
    return answer(refusal(503, not_now->why));
  }
  if (std::holds_alternative<Unauthorized>(outcome)) {
    counters.count(WebhookCounter::unauthorized);
    return answer(refusal(401, "the signature is missing or wrong"));
  }
  if (const Malformed* malformed = std::get_if<Malformed>(&outcome)) {
    counters.count(WebhookCounter::malformed);
    return answer(refusal(400, malformed->why));
  }
  counters.count(WebhookCounter::unavailable);
  answer(refusal(503, "the delivery cannot be put on disk now; send it again"));
}

void WebhookConnection::refuse(int status, std::string_view why) {
  table_.counters().count(WebhookCounter::refused);
  answer(refusal(status, why));
}

void WebhookConnection::expire() {
  switch (phase_) {
    case Phase::receiving:
      if (!parser_) return close();
      table_.counters().count(WebhookCounter::timed_out);
      rest_follows_ = true;
      keeps_alive_ = false;
      return answer(refusal(408, "the request took too long"));
    case Phase::processing:
      table_.counters().count(WebhookCounter::unavailable);
      keeps_alive_ = false;
      return answer(refusal(503, "the delivery was not put on disk in time; send it again"));
    case Phase::answering:
    case Phase::draining:
    case Phase::closed:
      return close();
  }
}

void WebhookConnection::answer(WebhookReply reply) {
  phase_ = Phase::answering;
  if (table_.shutting_down()) keeps_alive_ = false;
  reply.closes = !keeps_alive_;
  // Also of a head that went wrong after its first line.
  reply.omits_body = parser_->get().method() == http::verb::head;
  reply.confirms_keep_alive = keeps_alive_ && parser_->get().version() < 11;
  write_reply(reply, out_);
  set_deadline(table_.limits().drain);
  if (!processing_) {
    deadline_ = std::min(deadline_, receive_by_ + drain_after_timeout);
    table_.arm_timer(deadline_);
  }
  stream_.write(out_,
                [self = shared_from_this()](error_code failed, std::size_t) { self->on_answered(failed); });
}

void WebhookConnection::on_answered(error_code failed) {
  if (phase_ != Phase::answering) return;
  if (failed) return close();
  if (keeps_alive_ && !table_.shutting_down()) return begin_next();
  if (!rest_follows_) return close();
  drain();
}

void WebhookConnection::begin_next() {
  buffer_.consume(verdict_.refusal == 0 ? verdict_.body_bytes : 0);
  chunked_.reset();
  if (buffer_.size() == 0 && buffer_.capacity() > kept_bytes_max) buffer_.shrink_to_fit();
  parser_.reset();
  judged_ = false;
  phase_ = Phase::receiving;
  if (processing_) {
    processing_ = false;
    table_.end_processing(entry_, authenticated_);
  }
  account();
  if (phase_ == Phase::closed) return;
  set_deadline(authenticated_ ? table_.limits().idle : table_.limits().request);
  process_buffer();
}

// The client may still be sending the body of a refused request. To close now would make the kernel send a
// reset, and the client could lose the answer.
void WebhookConnection::drain() {
  phase_ = Phase::draining;
  if (!stream_.finish()) return close();
  if (!reading_) discard();
}

void WebhookConnection::discard() {
  if (drained_bytes_ > table_.limits().drain_bytes_max) return close();
  buffer_.consume(buffer_.size());
  read();
}

void WebhookConnection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  stream_.close();
  table_.remove(entry_, processing_, authenticated_, accounted_bytes_, source_);
}

}  // namespace keeper
