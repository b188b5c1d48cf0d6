// The paths of the status listener: which of them gives which answer, from the view, the daemon's facts and
// the history. It does not know sockets or HTTP's syntax. Only a POST changes anything, and every POST needs
// the control token.
//
// Any thread; several may call at once.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/locked.h"
#include "base/result.h"
#include "base/secret.h"
#include "core/view.h"
#include "status/answer_cache.h"
#include "status/facts.h"
#include "status/query.h"
#include "status/view_index.h"
#include "store/history.h"
#include "store/store_backup.h"

namespace keeper {

struct ApiRequest {
  std::string method;
  std::string path;       // percent-decoded
  Parameters parameters;  // of the query, and of the body of a POST
  std::string authorization;
  std::string if_none_match{};
  std::string body{};  // where takes_text()
};

// The body of a POST to this path is a text, of at most body_bytes_max(); else it holds parameters.
bool takes_text(std::string_view path);
std::size_t body_bytes_max(std::string_view path);

struct ApiAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::shared_ptr<const BackupCopy> file{};  // instead of the body
};

ApiAnswer problem(int status, std::string_view detail);

class Api {
 public:
  // `control_token` is what a POST must bring. If it is empty, every POST is refused.
  Api(StatusPorts ports, std::shared_ptr<History> history, Secret control_token);

  // Never null.
  std::shared_ptr<const ApiAnswer> answer(const ApiRequest& request);

 private:
  using Parts = std::vector<std::string>;  // the segments of the path that match the {names} of the route
  using Call = ApiAnswer (Api::*)(const ApiRequest& request, const Parts& parts);
  enum class Access {
    plain,
    cached,  // expensive, and the same for all clients that ask at the same moment
    control  // only with the control token
  };
  struct Route {
    Route(std::string_view to_method, std::string_view pattern, Call to_call,
          Access to_access = Access::plain);

    std::string_view method;
    std::vector<std::string_view> segments;
    Call call;
    Access access;
  };
  static const std::vector<Route>& routes();

  std::shared_ptr<const ApiAnswer> find_answer(const ApiRequest& request);
  std::shared_ptr<const ApiAnswer> run(const Route& route, const ApiRequest& request, const Parts& parts);
  std::shared_ptr<const ApiAnswer> run_cached(const Route& route, const ApiRequest& request,
                                              const Parts& parts);

  ApiAnswer healthy(const ApiRequest& request, const Parts& parts);
  ApiAnswer ready(const ApiRequest& request, const Parts& parts);
  ApiAnswer status(const ApiRequest& request, const Parts& parts);
  ApiAnswer plans(const ApiRequest& request, const Parts& parts);
  ApiAnswer plan(const ApiRequest& request, const Parts& parts);
  ApiAnswer plan_next(const ApiRequest& request, const Parts& parts);
  ApiAnswer sessions(const ApiRequest& request, const Parts& parts);
  ApiAnswer session(const ApiRequest& request, const Parts& parts);
  ApiAnswer session_transitions(const ApiRequest& request, const Parts& parts);
  ApiAnswer session_explain(const ApiRequest& request, const Parts& parts);
  ApiAnswer transitions(const ApiRequest& request, const Parts& parts);
  ApiAnswer plan_missed(const ApiRequest& request, const Parts& parts);
  ApiAnswer deliveries(const ApiRequest& request, const Parts& parts);
  ApiAnswer delivery(const ApiRequest& request, const Parts& parts);
  ApiAnswer events_head(const ApiRequest& request, const Parts& parts);
  ApiAnswer metrics(const ApiRequest& request, const Parts& parts);
  ApiAnswer openapi(const ApiRequest& request, const Parts& parts);
  ApiAnswer session_page(const ApiRequest& request, const Parts& parts);
  ApiAnswer page(const ApiRequest& request, const Parts& parts);
  ApiAnswer cost(const ApiRequest& request, const Parts& parts);
  ApiAnswer notifications(const ApiRequest& request, const Parts& parts);
  ApiAnswer orphans(const ApiRequest& request, const Parts& parts);
  ApiAnswer leader(const ApiRequest& request, const Parts& parts);
  ApiAnswer nodes(const ApiRequest& request, const Parts& parts);
  ApiAnswer switchover(const ApiRequest& request, const Parts& parts);
  ApiAnswer backup(const ApiRequest& request, const Parts& parts);
  ApiAnswer preview(const ApiRequest& request, const Parts& parts);
  ApiAnswer reload(const ApiRequest& request, const Parts& parts);
  ApiAnswer plan_start(const ApiRequest& request, const Parts& parts);
  ApiAnswer plan_stop(const ApiRequest& request, const Parts& parts);
  ApiAnswer plan_pause(const ApiRequest& request, const Parts& parts);
  ApiAnswer plan_resume(const ApiRequest& request, const Parts& parts);
  ApiAnswer session_stop(const ApiRequest& request, const Parts& parts);
  ApiAnswer stop_all(const ApiRequest& request, const Parts& parts);
  ApiAnswer plan_order(Order order, const ApiRequest& request, const Parts& parts);
  ApiAnswer operate(OperatorAsked asked);
  // What is answered instead of something that only the leader knows or may do; empty: this is no follower.
  std::optional<ApiAnswer> at_follower();

  bool may_control(std::string_view authorization) const;
  std::shared_ptr<const ViewIndex> view();
  std::vector<std::string> explanation_of(const SessionRow& row, const ViewIndex& seen, Wall now);
  Result<SessionRow> session_row(const std::string& id);
  ApiAnswer transition_page(const TransitionQuery& query);

  const StatusPorts ports_;
  const std::shared_ptr<History> history_;
  const Secret control_token_;
  Locked<std::shared_ptr<const ViewIndex>> index_;
  AnswerCache answers_;
  const std::shared_ptr<std::atomic<bool>> backing_up_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace keeper
