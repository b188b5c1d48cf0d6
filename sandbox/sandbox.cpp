#include "sandbox/sandbox.h"

#include <algorithm>

namespace sandbox {
namespace {

// How late a change that happens by itself, and its webhook, may be.
constexpr std::chrono::milliseconds kTick{20};

std::string url(const std::string& host, int port) {
  const bool six = host.find(':') != std::string::npos;
  return "http://" + (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

Sandbox::Sandbox(const Address& api, const Address& control, Keys keys)
    : api_address_(api),
      control_address_(control),
      world_(std::move(keys)),
      providers_(world_),
      front_(world_, providers_),
      plane_(world_, providers_),
      api_(api.host, api.port, [this](const auto& in, auto& out) { front_.serve(in, out); }),
      control_(control.host, control.port, [this](const auto& in, auto& out) { plane_.serve(in, out); }) {}

Sandbox::~Sandbox() { stop(); }

void Sandbox::start() {
  timekeeper_ = std::thread([this] { keep_time(); });
  api_.start();
  control_.start();
}

void Sandbox::stop() {
  front_.stop();
  api_.stop();
  control_.stop();
  {
    const std::lock_guard lock(world_.mutex);
    stopping_ = true;
  }
  wake_.notify_all();
  if (timekeeper_.joinable()) timekeeper_.join();
  world_.webhooks.stop();
}

std::string Sandbox::api_url() const { return url(api_address_.host, api_port()); }
std::string Sandbox::control_url() const { return url(control_address_.host, control_port()); }

void Sandbox::keep_time() {
  std::unique_lock lock(world_.mutex);
  while (!stopping_) {
    providers_.pass_time();
    wake_.wait_for(lock, kTick);
  }
}

}  // namespace sandbox
