// The listener for webhooks, the only one that faces the network. One thread serves all connections, and a
// small pool verifies signatures, which may block. A delivery that waits for its commit occupies no thread.
// The listener knows neither providers nor the store: WebhookPorts connects it to them.
//
// One thread calls start, stop and the destructor. Any thread may call port, use and facts.
#pragma once

#include <memory>

#include "base/result.h"
#include "base/server_tls.h"
#include "base/webhook_counters.h"
#include "settings/settings.h"
#include "webhook/webhook_limits.h"
#include "webhook/webhook_ports.h"

namespace keeper {

class WebhookListener {
 public:
  // The socket listens when this returns. `inherited` is a descriptor that listens on that address already
  // and is owned by the listener from here on, or -1. Errors: not_applied, with the address and the system's
  // reason; malformed, where the inherited socket has another address.
  static Result<std::unique_ptr<WebhookListener>> start(const Address& listen, WebhookPorts ports,
                                                        WebhookLimits limits = {}, ServerTls tls = {},
                                                        int inherited = -1);
  ~WebhookListener();  // stops without grace
  WebhookListener(const WebhookListener&) = delete;
  WebhookListener& operator=(const WebhookListener&) = delete;

  int port() const;
  // Sets the certificate for connections that are accepted from now on. Must not be called after stop().
  void use(ServerTls tls);
  WebhookFacts facts() const;

  // Accepts no more connections, answers the requests under way for at most `grace`, and closes the rest. A
  // client that has sent nothing yet has a quarter of that time. Also waits for the calls of `verify` that
  // are under way, which must bound their own time.
  void stop(Millis grace);

 private:
  struct Threads;
  explicit WebhookListener(std::unique_ptr<Threads> threads);
  std::unique_ptr<Threads> threads_;
};

}  // namespace keeper
