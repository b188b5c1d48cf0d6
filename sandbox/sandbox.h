// The whole sandbox in one object: both listeners, the models, the passing of time.
// Made, started and stopped by one thread; serves with threads of its own.
#pragma once

#include <condition_variable>
#include <memory>
#include <string>
#include <thread>

#include "sandbox/control.h"
#include "sandbox/front.h"
#include "sandbox/http_server.h"
#include "sandbox/providers.h"
#include "sandbox/world.h"

namespace sandbox {

struct Address {
  std::string host = "127.0.0.1";
  int port = 0;
};

class Sandbox {
 public:
  // Throws std::runtime_error if an address cannot be bound.
  Sandbox(const Address& api, const Address& control, Keys keys = {});
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  void start();
  void stop();
  std::string api_url() const;
  std::string control_url() const;
  int api_port() const { return api_.port(); }
  int control_port() const { return control_.port(); }
  // What the control plane answers to this, without a socket. Any thread.
  Answer control(const Request& request) { return plane_.answer(request); }

 private:
  void keep_time();

  Address api_address_;
  Address control_address_;
  World world_;
  Providers providers_;
  Front front_;
  Control plane_;
  HttpServer api_;
  HttpServer control_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread timekeeper_;
};

}  // namespace sandbox
