#include "probe/trace_replay.h"

#include <httplib.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/text.h"
#include "probe/trace.h"
#include "provider/answer_json.h"

namespace keeper::test {
namespace {

struct Step {
  Json ask;
  std::vector<Json> calls;
  Json reading;
  bool is_answered() const {
    return std::none_of(calls.begin(), calls.end(), [](const Json& call) { return call.contains("failed"); });
  }
};

// The server gives what belongs to the body itself.
bool is_of_transport(const std::string& name) {
  for (const char* own :
       {"content-length", "transfer-encoding", "connection", "keep-alive", "content-encoding"})
    if (lower_case(name) == own) return true;
  return false;
}

class ReplayServer {
 public:
  ReplayServer() {
    const auto serve = [this](const httplib::Request& in, httplib::Response& out) { answer(in, out); };
    server_.Get(".*", serve).Post(".*", serve).Put(".*", serve).Patch(".*", serve).Delete(".*", serve);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~ReplayServer() {
    server_.stop();
    thread_.join();
  }

  std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }

  void expect(const std::vector<Json>& calls) {
    const std::scoped_lock lock(mutex_);
    expected_ = calls;
    next_ = 0;
    differences_.clear();
  }
  // Also tells of calls that were not asked.
  std::vector<std::string> differences() {
    const std::scoped_lock lock(mutex_);
    if (next_ < expected_.size())
      differences_.push_back("not asked: " + expected_[next_].at("call").at("target").dump());
    return differences_;
  }

 private:
  void answer(const httplib::Request& in, httplib::Response& out) {
    const std::scoped_lock lock(mutex_);
    out.status = 500;
    if (next_ == expected_.size())
      return differences_.push_back("asked beside: " + in.method + " " + in.target);
    const Json& call = expected_[next_].at("call");
    const Json& recorded = expected_[next_++].at("answer");
    const std::string asked = in.method + " " + in.target;
    const std::string wanted =
        call.at("method").get<std::string>() + " " + call.at("target").get<std::string>();
    if (asked != wanted) differences_.push_back("asked " + asked + ", recorded " + wanted);
    out.status = recorded.at("status");
    std::string type = "application/json";
    for (const Json& header : recorded.at("headers")) {
      const std::string name = header.at(0);
      if (lower_case(name) == "content-type")
        type = header.at(1);
      else if (!is_of_transport(name))
        out.set_header(name.c_str(), header.at(1).get<std::string>().c_str());
    }
    if (recorded.contains("json")) out.set_content(recorded.at("json").dump(), type.c_str());
    if (recorded.contains("text")) out.set_content(recorded.at("text").get<std::string>(), type.c_str());
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<Json> expected_;
  std::size_t next_ = 0;
  std::vector<std::string> differences_;
};

std::vector<Step> steps_of(const std::string& text, InstanceId* instance) {
  std::vector<Step> steps;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line);
    if (json.contains("trace")) *instance = InstanceId{json.at("instance").get<std::string>()};
    if (json.contains("ask")) steps.push_back({json.at("ask"), {}, {}});
    if (json.contains("call")) steps.back().calls.push_back(json);
    if (json.contains("reading")) steps.back().reading = json.at("reading");
  }
  // A probe that was killed read no more.
  if (!steps.empty() && steps.back().reading.is_null()) steps.pop_back();
  return steps;
}

std::string path_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash = scheme == std::string::npos ? scheme : url.find('/', scheme + 3);
  return slash == std::string::npos ? std::string() : url.substr(slash);
}

}  // namespace

Replayed replay(const std::string& text, ProviderSettings settings) {
  InstanceId instance;
  const std::vector<Step> steps = steps_of(text, &instance);
  ReplayServer server;
  settings.base_url = server.origin() + path_of(settings.base_url);
  settings.recorder = nullptr;
  const auto provider = make_provider(settings, {});
  const probe::Trace redacting(settings);
  Replayed replayed;
  for (const Step& step : steps) {
    auto effect = probe::effect_in(step.ask);
    if (!effect || !step.is_answered()) {
      ++replayed.passed_over;
      continue;
    }
    effect->provider = settings.name;
    effect->instance = instance;
    server.expect(step.calls);
    const Reply reply = wait(carry_out(*provider, *effect));
    const Json reading = redacting.redacted(probe::reading_json(reply));
    ++replayed.effects;
    const std::string of =
        "effect " + std::to_string(replayed.effects) + ", " + std::string(to_string(effect->kind)) + ": ";
    for (const std::string& difference : server.differences())
      replayed.differences.push_back(of + difference);
    if (reading != step.reading)
      replayed.differences.push_back(of + "read " + reading.dump() + "\n  recorded " + step.reading.dump());
  }
  return replayed;
}

}  // namespace keeper::test
