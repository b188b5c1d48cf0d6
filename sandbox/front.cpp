#include "sandbox/front.h"

#include <httplib.h>

#include <algorithm>
#include <cctype>

#include "sandbox/fault_answer.h"
#include "sandbox/lies.h"
#include "sandbox/list_fault.h"

namespace sandbox {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

Request read(const httplib::Request& in) {
  Request request;
  request.method = in.method;
  request.path = in.path;
  request.target = in.target;
  request.query.insert(in.params.begin(), in.params.end());
  if (in.has_header("Authorization")) request.authorization = in.get_header_value("Authorization");
  for (const auto& [name, value] : in.headers) request.headers.emplace(lower(name), value);
  request.idempotency_key = in.get_header_value("Idempotency-Key");
  request.host = in.get_header_value("Host");
  request.body = in.body;
  return request;
}

// True for a call that comes back from a redirect; its prefix is then gone.
bool take_redirect_prefix(Request& request) {
  if (request.path.rfind(kRedirectPrefix, 0) != 0) return false;
  request.path.erase(0, kRedirectPrefix.size());
  request.target.erase(0, kRedirectPrefix.size());
  return true;
}

}  // namespace

void Front::stop() {
  const std::lock_guard lock(pause_mutex_);
  stopping_ = true;
  pause_over_.notify_all();
}

void Front::pause(std::chrono::microseconds time) {
  if (time.count() == 0) return;
  std::unique_lock lock(pause_mutex_);
  pause_over_.wait_for(lock, time, [this] { return stopping_; });
}

Front::Served Front::decide(const Request& request, std::uint64_t seq, bool redirected) {
  Served served;
  std::unique_lock lock(world_.mutex);
  providers_.pass_time();
  const auto route = providers_.route(request);
  if (!route) {
    served.answer = json_answer(404, {{"message", "Not Found"}, {"detail", "Not Found"}});
    return served;
  }
  served.provider = route->provider;
  world_.calls.classify(seq, route->provider, route->operation);
  served.verdict = world_.faults.judge(route->provider, route->operation);
  Verdict& verdict = served.verdict;
  const bool redirect = verdict.status == 307 || verdict.status == 308;
  if (redirect && redirected) verdict.status.reset();
  lock.unlock();
  pause(verdict.latency_before);
  served.reset = verdict.reset_before;
  if (served.reset) return served;
  lock.lock();
  providers_.pass_time();
  if (!verdict.status || verdict.status_after_effect)
    served.answer = serve_with_lies(world_, providers_, *route, request);
  if (verdict.list.is_any() && !verdict.status)
    spoil_list(verdict.list, route->provider, world_, served.answer);
  if (verdict.status) {
    Answer failed = fault_answer(verdict, route->provider, request);
    failed.remote_id = served.answer.remote_id;
    served.answer = std::move(failed);
  }
  providers_.decorate(route->provider, served.answer);
  lock.unlock();
  pause(verdict.latency_after);
  served.reset = verdict.reset_after;
  return served;
}

void Front::serve(const httplib::Request& in, httplib::Response& out) {
  Request request = read(in);
  const bool redirected = take_redirect_prefix(request);
  request.segments = split_path(request.path);
  std::uint64_t seq = 0;
  {
    const std::lock_guard lock(world_.mutex);
    seq = world_.calls.begin(world_.clock.now(), request);
  }
  const Served served = decide(request, seq, redirected);
  {
    const std::lock_guard lock(world_.mutex);
    const std::optional<int> status = served.reset ? std::nullopt : std::optional(served.answer.status);
    world_.calls.finish(seq, status, served.answer.remote_id);
  }
  if (served.reset) reset_connection(in);
  write(served, out);
}

std::optional<Time> Front::date_told() {
  const std::lock_guard lock(world_.mutex);
  const std::string& told = world_.switches.date_header;
  const Time now = world_.clock.now();
  if (told == "missing") return std::nullopt;
  if (told == "minutes_old") return now - std::chrono::minutes(5);
  if (told == "hour_old") return now - std::chrono::hours(1);
  if (told == "hour_ahead") return now + std::chrono::hours(1);
  return told == "epoch" ? Time{} : now;
}

void Front::write(const Served& served, httplib::Response& out) {
  const Answer& answer = served.answer;
  out.status = answer.status;
  if (const auto date = date_told()) out.set_header("Date", http_date(*date));
  for (const auto& [name, value] : answer.headers) out.set_header(name.c_str(), value.c_str());
  if (answer.status == 204) {
    // A provider without a length: else cpp-httplib adds Content-Length to a 204.
    out.set_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
      sink.done();
      return true;
    });
    out.headers.erase("Content-Type");
    return;
  }
  const auto slow = served.verdict.slow_body;
  if (slow.count() == 0) {
    set_body(out, answer.body, answer.content_type);
    return;
  }
  if (answer.body.empty()) return;
  const auto step = std::chrono::microseconds(slow) / answer.body.size();
  out.set_content_provider(
      answer.body.size(), answer.content_type.c_str(),
      [this, step, body = answer.body](std::size_t offset, std::size_t, httplib::DataSink& sink) {
        pause(step);
        return sink.write(body.data() + offset, 1);
      });
}

}  // namespace sandbox
