#include "status/status_stage.h"

namespace keeper::test {
namespace {

using nlohmann::json;

std::string bearer() { return "Authorization: Bearer " + std::string(StatusStage::token) + "\r\n"; }

}  // namespace

TEST_CASE("a preview takes the text of a file, up to 1 MiB, and needs the token") {
  StatusStage stage;
  PlanPreview plan;
  plan.plan = PlanName("desk");
  plan.start = 1;
  plan.keep = 2;
  plan.why = "it has less than it wants";
  plan.standing.condition = PlanCondition::starting;
  PlanPreview gone;
  gone.plan = PlanName("old");
  gone.change = PlanChange::removed;
  gone.stop = 3;
  stage.preview_answer = Preview{{plan, gone}, {ProviderName("new")}, {}};
  const std::string text(100'000, '#');
  CHECK(stage.send("POST", "/api/v1/preview", {}, text).status == 401);
  const RawAnswer answer = stage.send("POST", "/api/v1/preview?file=x.yaml", bearer(), text);
  REQUIRE(answer.status == 200);
  CHECK(stage.previewed.with([](auto& last) { return last; }) ==
        std::pair<std::string, std::string>{text, "x.yaml"});
  const json told = json::parse(answer.body);
  CHECK(told.at("plans").at(0) == json{{"plan", "desk"},
                                       {"change", "none"},
                                       {"start", 1},
                                       {"stop", 0},
                                       {"roll_over", 0},
                                       {"keep", 2},
                                       {"why", "it has less than it wants"},
                                       {"state", "starting"},
                                       {"blocked_reason", nullptr},
                                       {"blocked_until", nullptr},
                                       {"next_start", nullptr}});
  CHECK(told.at("plans").at(1).at("change") == "removed");
  CHECK(told.at("plans").at(1).at("state").is_null());
  CHECK(told.at("providers_added") == json{"new"});
  CHECK(stage.send("POST", "/api/v1/preview", bearer(), std::string((1U << 20U) + 1, '#')).status == 413);
  CHECK(stage.send("POST", "/api/v1/preview", bearer(), {}).status == 400);
  CHECK(stage.send("GET", "/api/v1/preview").status == 405);
}

TEST_CASE("a preview of a bad file is 422 with its complaints, and 503 while the store fails") {
  StatusStage stage;
  stage.preview_answer = Error{ErrorKind::malformed, "x.yaml:3:1: error: unknown key 'plan'"};
  const RawAnswer refused = stage.send("POST", "/api/v1/preview", bearer(), "plan: 1");
  CHECK(refused.status == 422);
  CHECK(json::parse(refused.body).at("detail") == "x.yaml:3:1: error: unknown key 'plan'");
  stage.preview_answer = Error{ErrorKind::storage, "the store cannot be written"};
  CHECK(stage.send("POST", "/api/v1/preview", bearer(), "plans: {}").status == 503);
}

}  // namespace keeper::test
