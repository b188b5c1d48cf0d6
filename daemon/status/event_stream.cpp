#include "status/event_stream.h"

#include <chrono>

#include "status/json_rows.h"

namespace keeper {
namespace {

constexpr int rows_per_read = 200;
// A comment after so many seconds without an event keeps a proxy from closing the stream, and shows whether
// the client is still there.
constexpr int quiet_turns_max = 10;

}  // namespace

EventStream::~EventStream() { streams_.leave(); }

std::optional<std::string> EventStream::next() {
  const std::uint64_t seen = streams_.generation();
  if (!begun_) {
    begun_ = true;
    return "retry: 2000\n\n";
  }
  auto page = streams_.after(after_seq_);
  if (!page) return std::nullopt;  // the client connects again with its Last-Event-ID
  std::string text;
  for (const TransitionRow& row : page->rows) {
    JsonWriter json;
    write(json, row);
    text += "id: " + std::to_string(row.seq) + "\ndata: " + json.take() + "\n\n";
    after_seq_ = row.seq;
  }
  if (!text.empty()) {
    quiet_turns_ = 0;
    return text;
  }
  if (!streams_.wait(seen)) return std::nullopt;
  if (++quiet_turns_ < quiet_turns_max) return text;
  quiet_turns_ = 0;
  return ": quiet\n\n";
}

Result<std::shared_ptr<EventStream>> EventStreams::begin(std::optional<std::int64_t> after_seq) {
  const auto newest = history_->transitions({.limit = 1});
  if (!newest) return newest.error();
  const std::int64_t last = newest->rows.empty() ? 0 : newest->rows.front().seq;
  // A client that has seen more than there is waits for what the store will never have: it is an older one,
  // from a backup.
  if (!after_seq || *after_seq > last) after_seq = last;
  const std::scoped_lock lock(mutex_);
  if (stopped_ || streams_ >= streams_max) return std::shared_ptr<EventStream>();
  ++streams_;
  return std::make_shared<EventStream>(*this, *after_seq);
}

Result<Page<TransitionRow>> EventStreams::after(std::int64_t seq) {
  return history_->transitions({.after_seq = seq, .limit = rows_per_read});
}

std::uint64_t EventStreams::generation() {
  const std::scoped_lock lock(mutex_);
  return generation_;
}

void EventStreams::published() {
  const std::scoped_lock lock(mutex_);
  ++generation_;
  if (streams_ > 0) changed_.notify_all();
}

void EventStreams::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool EventStreams::wait(std::uint64_t seen) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds{1}, [&] { return stopped_ || generation_ != seen; });
  return !stopped_;
}

void EventStreams::leave() {
  const std::scoped_lock lock(mutex_);
  --streams_;
}

}  // namespace keeper
