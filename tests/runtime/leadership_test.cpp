#include <future>
#include <thread>

#include "catch.h"
#include "runtime/fake_lead.h"

namespace keeper {
namespace {

using namespace std::chrono_literals;
using namespace test;

using Confirmed = Result<std::shared_ptr<Confirmation>>;

std::future<Confirmed> confirm(Leadership& leadership) {
  const auto told = std::make_shared<std::promise<Confirmed>>();
  std::future<Confirmed> answer = told->get_future();
  leadership.confirm([told](Confirmed confirmed) { told->set_value(std::move(confirmed)); });
  return answer;
}

bool says(const Confirmed& confirmed, std::string_view why) {
  return !confirmed && confirmed.error().kind == ErrorKind::not_applied &&
         confirmed.error().what.find(why) != std::string::npos;
}

TEST_CASE("a leader's call is confirmed, and nobody is asked before there is one") {
  FakeLead lead;
  Leadership leadership(lead.ports());
  std::this_thread::sleep_for(Confirmation::life);
  CHECK(lead.questions == 0);
  const Mono before = BootClock::now();
  const auto confirmed = confirm(leadership).get();
  REQUIRE(confirmed.ok());
  CHECK((*confirmed)->admits(before));
  CHECK((*confirmed)->lead_until() == Mono{Millis{lead.lead_until.load()}});
  CHECK(leadership.lead_until() == (*confirmed)->lead_until());
}

TEST_CASE("who does not lead, and who gets no answer or too late a one, is refused with the reason") {
  FakeLead lead;
  Leadership leadership(lead.ports(Millis{1300}));
  lead.leads = false;
  CHECK(says(confirm(leadership).get(), "does not lead any more"));
  lead.leads = true;
  lead.away = true;
  CHECK(says(confirm(leadership).get(), "no answer"));
  lead.away = false;
  lead.lead_until = FakeLead::in(Millis{-1});
  CHECK(says(confirm(leadership).get(), "came too late"));
  lead.lead_until = FakeLead::in(Seconds{60});
  lead.silent_until = FakeLead::in(Confirmation::life + 100ms);
  CHECK(says(confirm(leadership).get(), "came too late"));
  lead.silent_until = FakeLead::in(1500ms);
  CHECK(says(confirm(leadership).get(), "did not answer in time"));
  CHECK(confirm(leadership).get().ok());
}

TEST_CASE("one question answers all who asked before it was sent") {
  FakeLead lead;
  Leadership leadership(lead.ports());
  lead.silent_until = FakeLead::in(300ms);
  auto first = confirm(leadership);
  while (lead.questions == 0) std::this_thread::sleep_for(1ms);
  std::vector<std::future<Confirmed>> others;
  for (int i = 0; i < 50; ++i) others.push_back(confirm(leadership));
  REQUIRE(first.get().ok());
  for (auto& one : others) CHECK(one.get().ok());
  CHECK(lead.questions == 2);
}

TEST_CASE("a confirmation is renewed while it is held, and asked for no more once nobody holds it") {
  FakeLead lead;
  Leadership leadership(lead.ports());
  auto confirmed = confirm(leadership).get();
  REQUIRE(confirmed.ok());
  for (int i = 0; i < 8; ++i) {
    std::this_thread::sleep_for(250ms);
    CHECK((*confirmed)->admits(BootClock::now()));
  }
  confirmed = Error{ErrorKind::not_applied, ""};
  std::this_thread::sleep_for(Confirmation::life);
  const int questions = lead.questions;
  std::this_thread::sleep_for(Confirmation::life);
  CHECK(lead.questions == questions);
}

TEST_CASE("a confirmation that is held ends when another process leads, or the store is silent") {
  FakeLead lead;
  Leadership leadership(lead.ports());
  const auto confirmed = confirm(leadership).get();
  REQUIRE(confirmed.ok());
  const bool is_deposed = GENERATE(true, false);
  if (is_deposed) {
    lead.leads = false;
    std::this_thread::sleep_for(Confirmation::life / 2 + 100ms);  // before it is too old
  } else {
    lead.away = true;
    std::this_thread::sleep_for(Confirmation::life + 500ms);
  }
  CHECK_FALSE((*confirmed)->admits(BootClock::now()));
}

TEST_CASE("who waits when the leadership ends is refused") {
  FakeLead lead;
  std::future<Confirmed> first;
  std::future<Confirmed> second;
  {
    Leadership leadership(lead.ports());
    lead.silent_until = FakeLead::in(200ms);
    first = confirm(leadership);
    while (lead.questions == 0) std::this_thread::sleep_for(1ms);
    second = confirm(leadership);
  }
  CHECK(first.get().ok());
  CHECK(says(second.get(), "the daemon is ending"));
}

}  // namespace
}  // namespace keeper
