#include "adapters/gateway.h"

#include <algorithm>
#include <thread>

#include "net/encoding.h"

namespace keeper::test {
namespace {

// What an odd redirect puts before the target; a client that decodes it asks for something else.
constexpr std::string_view elsewhere = "/odd%2Fplace";

std::string plain_bytes(const HttpResponse& response) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " Said\r\n";
  for (const char* name : {"content-type", "date", "retry-after", "x-ratelimit-reset"}) {
    if (const auto value = response.header(name))
      head += std::string(name) + ": " + std::string(*value) + "\r\n";
  }
  if (response.status == 204) return head + "\r\n";
  return head + "Content-Length: " + std::to_string(response.body.size()) + "\r\n\r\n" + response.body;
}

long long date_of(const HttpResponse& response) {
  const auto date = parse_http_date(response.header("date").value_or(""));
  return date ? std::chrono::floor<Seconds>(*date).time_since_epoch().count() : 0;
}

}  // namespace

Gateway::Gateway(const std::string& api_url)
    : sandbox_({parse_url(api_url).value(), ""}),
      server_([this](const auto& request, Wire& wire) { serve(request, wire); }, options()) {}

FakeServer::Options Gateway::options() {
  FakeServer::Options options;
  options.on_connect = [this](Wire& wire) {
    if (left_ > 0 && answer_->unprompted && strikes(part_)) give(*answer_, PlainAnswer(), wire);
  };
  return options;
}

void Gateway::strike(const OddAnswer& answer, std::vector<EffectKind> kinds, Part part, int times) {
  answer_ = &answer;
  kinds_ = std::move(kinds);
  part_ = part;
  left_ = times;
}

bool Gateway::strikes(Part part) {
  const EffectKind carried = carried_;
  if (left_ == 0 || part != part_ || std::find(kinds_.begin(), kinds_.end(), carried) == kinds_.end())
    return false;
  --left_;
  ++struck_;
  return true;
}

Result<HttpResponse> Gateway::pass_on(const Received& request) {
  HttpRequest passed{request.method, request.target, {}, request.body, std::size_t{32} << 20U};
  if (passed.target.starts_with(elsewhere)) passed.target.erase(0, elsewhere.size());
  for (const auto& [name, value] : request.headers) {
    if (name != "host" && name != "content-length") passed.headers.emplace_back(name, value);
  }
  return wait(sandbox_.call(passed, std::chrono::steady_clock::now() + Seconds{10}));
}

void Gateway::settle(int served) const {
  const auto end = std::chrono::steady_clock::now() + Seconds{1};
  while (served_ < served && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

void Gateway::serve(const Received& request, Wire& wire) {
  if (request.headers.count("cookie") > 0) saw_cookie_ = true;
  const Part part = request.method == "GET" ? Part::read : Part::order;
  const bool odd = left_ > 0 && !answer_->unprompted && strikes(part);
  Received passed = request;
  if (odd && !answer_->acts) passed = Received{"GET", "/", {}, {}, {}};  // for its Date
  const auto real = pass_on(passed);
  ++served_;
  if (!real.ok()) return wire.close();
  if (!odd) {
    wire.send(plain_bytes(*real));
  } else {
    give(*answer_, {answer_->acts ? real->body : "{}", request.target, date_of(*real)}, wire);
  }
}

}  // namespace keeper::test
