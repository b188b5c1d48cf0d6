#include "provider/provider_table.h"

#include <set>

#include "core/known_traits.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

TEST_CASE("each row of the table of providers has what the configuration and the pool ask of it") {
  std::set<std::string_view> types;
  for (const ProviderRow& row : provider_table()) {
    INFO(row.kind.type);
    CHECK(types.insert(row.kind.type).second);
    CHECK_FALSE(row.kind.sessions.empty());
    REQUIRE(row.kind.session != nullptr);
    CHECK(row.kind.read_session != nullptr);
    REQUIRE(row.kind.traits != nullptr);
    CHECK(make_provider(settings_for(ProviderType{std::string(row.kind.type)}, "http://127.0.0.1:1"), {}) !=
          nullptr);
  }
  CHECK(types.size() == provider_kinds().size());
}

TEST_CASE(
    "a described list can be searched for a lost start only if it says when or by whom a session was made") {
  const auto can_find = [](const Description& description) {
    ProviderSettings settings = settings_for(ProviderType{"http"}, "");
    settings.description = description;
    return provider_row(settings.type).kind.traits(settings).can_find;
  };
  Description http;
  http.created_at = {"/created"};
  CHECK_FALSE(can_find(http));
  http.list = {DescribedCall{"GET", "/boxes", "", ""}};
  CHECK(can_find(http));
  http.created_at.clear();
  CHECK_FALSE(can_find(http));
  http.tag = {"/tag"};
  CHECK_FALSE(can_find(http));
  http.tag_in_start = "/tag";
  CHECK(can_find(http));
  // The UUID of a start is as good as its tag; and what is found by an id of ours needs no list.
  http.tag_in_start.clear();
  http.start.body = R"({"id":"{session_uuid}"})";
  CHECK(can_find(http));
  http.start.body = "{}";
  http.list.clear();
  CHECK_FALSE(can_find(http));
  http.find = DescribedCall{"GET", "/boxes/{session}", "", ""};
  CHECK(can_find(http));
}

TEST_CASE("the providers of the core's tests and of the simulator have the facts of the real ones") {
  for (const char* type : {"notte", "videosdk", "sonoran_cms"}) {
    INFO(type);
    const ProviderSettings settings = settings_for(ProviderType{type}, "");
    const Traits real = provider_row(settings.type).kind.traits(settings);
    const Traits known = known_traits(settings.type);
    CHECK(known.can_find == real.can_find);
    CHECK(known.can_list == real.can_list);
    CHECK(known.one_per_place == real.one_per_place);
    CHECK(known.has_heartbeat == real.has_heartbeat);
    CHECK(known.start_scope == real.start_scope);
    CHECK(known.gone_state == real.gone_state);
    CHECK(known.gone_reason == real.gone_reason);
    CHECK(known.poll_interval == real.poll_interval);
    CHECK(known.slow_start == real.slow_start);
  }
}
