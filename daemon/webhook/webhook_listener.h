// The listener that faces the network: one thread for all connections, a small pool for what may block while
// a message is verified. A delivery that waits for its commit holds no thread. It knows no provider and no
// store. start, stop and the destructor: one thread; port and facts: any.
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
  // Listens when it completions. `inherited`: a socket that listens on that address already, which it takes; -1: none.
  // Errors: not_applied, naming the address and what the system said of it; malformed, where the inherited socket is
  // another one.
  static Result<std::unique_ptr<WebhookListener>> start(const Address& listen, WebhookPorts ports,
                                                        WebhookLimits limits = {}, ServerTls tls = {}, int inherited = -1);
  ~WebhookListener();  // stops without grace
  WebhookListener(const WebhookListener&) = delete;
  WebhookListener& operator=(const WebhookListener&) = delete;

  int port() const;
  // For connections that come from now on; those that are open go on as they are. Any thread, until stop().
  void use(ServerTls tls);
  WebhookFacts facts() const;

  // Takes no new connection, answers the requests under way for at most `grace`, then closes the rest; a client that has
  // not said anything yet gets a part of that time. Waits also for an intake that is under way, which the intake itself
  // must bound.
  void stop(Millis grace);

 private:
  struct Threads;
  explicit WebhookListener(std::unique_ptr<Threads> threads);
  std::unique_ptr<Threads> threads_;
};

}  // namespace keeper
