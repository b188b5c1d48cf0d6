// A status listener over a real store in a directory of its own, with a view and facts that the test may
// change before it asks. The test's thread owns the store.
#pragma once

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "base/locked.h"
#include "status/status_listener.h"
#include "store/store.h"
#include "webhook/raw_client.h"

// Catch has a CHECK of its own; in a test that one is meant.
#include "catch.h"

namespace keeper::test {

// Session n is the n-th made: "front-desk" for odd, "price-watch" for even numbers; each begins with a
// transition to queued. Ids are "s" and the number, remotes "r" and the number.
class StatusStage {
 public:
  StatusStage();
  ~StatusStage();

  int port() const { return listener->port(); }
  RawAnswer get(const std::string& target) const;
  nlohmann::json json(const std::string& target, int status = 200) const;
  RawAnswer send(const std::string& method, const std::string& target, const std::string& headers = {},
                 const std::string& body = {}) const;

  SessionRow add_session(int number);
  SessionRow add_sessions(int first, int last);  // in one transaction; returns the last
  void move(SessionRow& row, State to, Reason reason);
  void add_delivery(const std::string& type, Disposition disposition, const std::string& body);
  void publish(View view);

  static constexpr const char* token = "0123456789abcdef";
  std::string directory;
  std::unique_ptr<Store> store;
  Locked<ViewPtr> view;
  Locked<DaemonFacts> facts;
  Locked<ReloadOutcome> reload;
  Locked<std::vector<OperatorAsked>> orders;  // that were given
  Result<Ack> order_answer = Ack::accepted;
  Locked<std::vector<std::string>> switchovers;  // the node that each was asked for
  Status switchover_answer = Done{};
  Locked<std::pair<std::string, std::string>> previewed;  // the text and the name of the last preview
  Result<Preview> preview_answer = Preview{};
  std::unique_ptr<StatusListener> listener;
};

// A plan of the view and its configuration.
View view_with_plans();
Wall at(int minutes);  // from 2026-11-21 09:00 UTC

}  // namespace keeper::test
