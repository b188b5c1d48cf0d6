#include "net/transfers.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "base/thread_name.h"
#include "net/exchange.h"

namespace keeper {
namespace {

// libcurl counts those under way as well: with fewer, no connection would be kept while many calls hang.
// There are no more than calls have been in flight at once, and the old ones go.
constexpr long connections_max = 1L << 16;
constexpr std::size_t events_max = 256;  // at once; the others come next

CURLM* make_multi() {
  // Once for the process; libcurl counts, and it is never undone, since other threads may still use OpenSSL.
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = initialized == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi == nullptr) throw std::runtime_error("libcurl cannot be used");
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections_max);
  return multi;
}

// OpenSSL writes without MSG_NOSIGNAL; and no signal of the process is this thread's.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Transfers::Transfers()
    : multi_(make_multi()), epoll_(::epoll_create1(EPOLL_CLOEXEC)), woken_(::eventfd(0, EFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = woken_.get();
  const bool usable =
      epoll_.valid() && woken_.valid() && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, woken_.get(), &event) == 0;
  if (!usable) {
    curl_multi_cleanup(multi_);
    throw std::runtime_error("no descriptors for the calls");
  }
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
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
  wake();
  thread_.join();
}

void Transfers::wake() { ::eventfd_write(woken_.get(), 1); }

std::shared_ptr<Transfers> Transfers::shared() {
  static const auto of_process = std::make_shared<Transfers>();
  return of_process;
}

void Transfers::submit(std::unique_ptr<Exchange> exchange, Done done) {
  {
    const std::scoped_lock lock(mutex_);
    if (!stopped_) {
      arrived_.push_back({std::move(exchange), std::move(done)});
      wake();  // with the lock: afterwards the call may have ended, and this with it
      return;
    }
  }
  done(std::move(exchange), CURLE_ABORTED_BY_CALLBACK);
}

void Transfers::at(Clock::time_point time, std::function<void()> call) {
  {
    const std::scoped_lock lock(mutex_);
    if (!stopped_) {
      timers_arrived_.push_back({time, std::move(call)});
      wake();
      return;
    }
  }
  call();
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
  std::vector<Timer> timers;
  bool goes_on = true;
  {
    const std::scoped_lock lock(mutex_);
    arrived.swap(arrived_);
    timers.swap(timers_arrived_);
    goes_on = !stopped_;
  }
  for (Timer& timer : timers) timers_.emplace(timer.time, std::move(timer.call));
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

// Until the next time that libcurl or somebody else asked for; -1: until something happens.
int Transfers::sleep_ms() const {
  long sleep = -1;
  curl_multi_timeout(multi_, &sleep);
  if (timers_.empty()) return static_cast<int>(sleep);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now());
  const long own = static_cast<long>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
  return static_cast<int>(sleep < 0 ? own : std::min(sleep, own));
}

// What libcurl waits for at a socket. A socket that cannot be watched leaves its call to its deadline.
int Transfers::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  const int epoll = static_cast<Transfers*>(self)->epoll_.get();
  epoll_event event{};
  event.data.fd = socket;
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &event);
    return 0;
  }
  if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
  if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
  if (::epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) != 0)
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
  return 0;
}

void Transfers::act(const epoll_event& event) {
  if (event.data.fd == woken_.get()) {
    eventfd_t count = 0;
    ::eventfd_read(woken_.get(), &count);
    return;
  }
  int what = 0;
  if ((event.events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
  if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
  if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
  int running = 0;
  curl_multi_socket_action(multi_, event.data.fd, what, &running);
}

void Transfers::end_all_done() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
  }
}

void Transfers::call_due(Clock::time_point now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto call = std::move(timers_.extract(timers_.begin()).mapped());
    call();
  }
}

void Transfers::work() {
  name_thread("calls");
  block_signals();
  std::array<epoll_event, events_max> events{};
  while (take_up()) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), sleep_ms());
    for (int i = 0; i < count; ++i) act(events.at(static_cast<std::size_t>(i)));
    int running = 0;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    end_all_done();
    call_due(Clock::now());
  }
  while (!under_way_.empty()) end(under_way_.begin()->first, CURLE_ABORTED_BY_CALLBACK);
  call_due(Clock::time_point::max());
}

}  // namespace keeper
