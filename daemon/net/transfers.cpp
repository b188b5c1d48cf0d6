#include "net/transfers.h"

#include <pthread.h>

#include <csignal>
#include <stdexcept>
#include <utility>

#include "base/thread_name.h"
#include "net/exchange.h"

namespace keeper {
namespace {

// Connections that wait for their next call, of all servers together.
constexpr long kept_connections_max = 256;
// The longest sleep without an event; each call's own deadline is one of libcurl's events.
constexpr int sleep_ms_max = 1000;

CURLM* make_multi() {
  // Once for the process; libcurl counts, and it is never undone, since other threads may still use OpenSSL.
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = initialized == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi == nullptr) throw std::runtime_error("libcurl cannot be used");
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kept_connections_max);
  return multi;
}

// OpenSSL writes without MSG_NOSIGNAL; and no signal of the process is this thread's.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Transfers::Transfers() : multi_(make_multi()) {
  thread_ = std::thread([this] { work(); });
}

Transfers::~Transfers() {
  stop();
  curl_multi_cleanup(multi_);
}

void Transfers::stop() {
  {
    const std::scoped_lock lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
  }
  curl_multi_wakeup(multi_);
  thread_.join();
}

std::shared_ptr<Transfers> Transfers::shared() {
  static const auto of_process = std::make_shared<Transfers>();
  return of_process;
}

void Transfers::submit(std::unique_ptr<Exchange> exchange, Done done) {
  {
    const std::scoped_lock lock(mutex_);
    if (!stopped_) {
      arrived_.push_back({std::move(exchange), std::move(done)});
      curl_multi_wakeup(multi_);
      return;
    }
  }
  done(std::move(exchange), CURLE_ABORTED_BY_CALLBACK);
}

void Transfers::begin(Job job) {
  job.exchange->heed(&kept_);
  CURL* easy = job.exchange->handle();
  if (easy == nullptr || curl_multi_add_handle(multi_, easy) != CURLM_OK) {
    job.done(std::move(job.exchange), CURLE_FAILED_INIT);
    return;
  }
  under_way_.emplace(easy, std::move(job));
}

bool Transfers::take_up() {
  std::vector<Job> arrived;
  bool goes_on = true;
  {
    const std::scoped_lock lock(mutex_);
    arrived.swap(arrived_);
    goes_on = !stopped_;
  }
  for (Job& job : arrived) begin(std::move(job));
  return goes_on;
}

void Transfers::end(CURL* easy, CURLcode ended) {
  kept_.note(easy);
  curl_multi_remove_handle(multi_, easy);
  Job job = std::move(under_way_.extract(easy).mapped());
  if (ended == CURLE_ABORTED_BY_CALLBACK && job.exchange->wants_new_connection())
    return begin(std::move(job));
  job.done(std::move(job.exchange), ended);
}

void Transfers::work() {
  name_thread("calls");
  block_signals();
  while (take_up()) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
    }
    curl_multi_poll(multi_, nullptr, 0, sleep_ms_max, nullptr);
  }
  while (!under_way_.empty()) end(under_way_.begin()->first, CURLE_ABORTED_BY_CALLBACK);
}

}  // namespace keeper
