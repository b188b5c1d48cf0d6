#include <atomic>
#include <set>
#include <thread>

#include "store/store_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

struct Filled {
  std::unique_ptr<Store> store;
  std::unique_ptr<History> history;

  // Sessions 0 … count - 1 over three plans and two providers; their states go round.
  Filled(StoreWorld& world, int count) : store(world.open()) {
    for (int n = 0; n < count; ++n) {
      SessionRow row = session(n, 3);
      row.provider = ProviderName(n % 2 == 0 ? "a" : "b");
      must_commit(*store, story(row, all_states[static_cast<std::size_t>(n) % 5]));
    }
    history = world.history();
  }
};

std::vector<std::string> ids(const std::vector<SessionRow>& rows) {
  std::vector<std::string> found;
  for (const SessionRow& row : rows) found.push_back(row.id.str());
  return found;
}

// All pages, one after the other; each must be full but the last.
std::vector<SessionRow> walk(History& history, SessionQuery query) {
  std::vector<SessionRow> all;
  for (;;) {
    const auto page = history.sessions(query);
    if (!page) FAIL(page.error().what);
    all.insert(all.end(), page->rows.begin(), page->rows.end());
    if (!page->next) return all;
    REQUIRE(page->rows.size() == static_cast<std::size_t>(query.limit));
    query.before = page->next;
  }
}

bool matches(const SessionQuery& query, const SessionRow& row) {
  return (!query.plan || row.plan == *query.plan) && (!query.provider || row.provider == *query.provider) &&
         (!query.state || row.state == *query.state);
}

}  // namespace

STORE_TEST_CASE("sessions are listed newest first, for each filter, in pages without gaps or doubles") {
  Filled filled(world, 60);
  const std::vector<SessionRow> all = walk(*filled.history, {});
  REQUIRE(all.size() == 60);
  REQUIRE(all.front().id == SessionId("s59"));
  REQUIRE(all.back().id == SessionId("s0"));
  std::vector<std::optional<State>> states{std::nullopt};
  for (const State state : all_states) states.emplace_back(state);
  for (const char* plan : {"", "p1"}) {
    for (const char* provider : {"", "b"}) {
      for (const auto& state : states) {
        SessionQuery query;
        if (*plan != '\0') query.plan = PlanName(plan);
        if (*provider != '\0') query.provider = ProviderName(provider);
        query.state = state;
        std::vector<std::string> wanted;
        for (const SessionRow& row : all) {
          if (matches(query, row)) wanted.push_back(row.id.str());
        }
        REQUIRE_FALSE(wanted.empty());
        for (const int limit : {1, 2, 7, 100}) {
          query.limit = limit;
          REQUIRE(ids(walk(*filled.history, query)) == wanted);
        }
      }
    }
  }
}

STORE_TEST_CASE("a list that ends with its page has no next one") {
  Filled filled(world, 4);
  SessionQuery query;
  query.limit = 4;
  REQUIRE_FALSE(filled.history->sessions(query)->next.has_value());
  query.limit = 3;
  REQUIRE(filled.history->sessions(query)->next.has_value());
}

STORE_TEST_CASE("a session is found by its id, and an unknown one is nothing") {
  const auto store = world.open();
  Batch batch;
  batch.sessions = {full_session()};
  must_commit(*store, batch);
  const auto history = world.history();
  REQUIRE(history->session(full_session().id).value() == std::optional<SessionRow>(full_session()));
  REQUIRE(history->session(SessionId("x")).value() == std::nullopt);
  REQUIRE(history->delivery(1).value() == std::nullopt);
}

STORE_TEST_CASE("a transition comes back with every field as it was stored") {
  const auto store = world.open();
  SessionRow row = session(1);
  row.remote_id = RemoteId("r-9");
  Batch batch;
  batch.transitions = {created(row), moved(row, State::error, Reason::provider_failed)};
  TransitionRow& last = batch.transitions[1];
  last.cause = Cause::operator_;
  last.at = at(123456789012);
  last.recorded_at = at(-5);
  last.detail = "why \xe2\x80\x94 so";
  batch.sessions = {row};
  must_commit(*store, batch);
  batch.transitions[0].seq = 1;
  batch.transitions[1].seq = 2;
  TransitionQuery query;
  query.after_seq = 0;
  REQUIRE(world.history()->transitions(query)->rows == batch.transitions);
}

STORE_TEST_CASE("transitions are listed oldest first after a seq, and newest first before a cursor") {
  Filled filled(world, 30);
  std::vector<TransitionQuery> filters(3);
  filters[1].plan = PlanName("p2");
  filters[2].session = SessionId("s7");
  for (const TransitionQuery& filter : filters) {
    std::vector<std::int64_t> up;
    TransitionQuery query = filter;
    query.limit = 2;
    query.after_seq = 0;
    while (query.after_seq) {
      const auto page = filled.history->transitions(query);
      if (!page) FAIL(page.error().what);
      for (const TransitionRow& row : page->rows) {
        if (filter.plan) REQUIRE(row.plan == *filter.plan);
        if (filter.session) REQUIRE(row.session == *filter.session);
        up.push_back(row.seq);
      }
      query.after_seq = page->next;
    }
    REQUIRE(std::is_sorted(up.begin(), up.end()));
    REQUIRE(std::set<std::int64_t>(up.begin(), up.end()).size() == up.size());

    std::vector<std::int64_t> down;
    query = filter;
    query.limit = 2;
    do {
      const auto page = filled.history->transitions(query);
      for (const TransitionRow& row : page.value().rows) down.push_back(row.seq);
      query.before = page->next;
    } while (query.before);
    std::reverse(down.begin(), down.end());
    REQUIRE(up == down);
  }
  TransitionQuery none;
  none.after_seq = 1000;
  REQUIRE(filled.history->transitions(none)->rows.empty());
}

STORE_TEST_CASE(
    "transitions since a time are those recorded then or later, in either order, also after the clock was "
    "set back") {
  const auto store = world.open();
  for (const int second : {10, 20, 30, 15, 40}) {
    Batch batch;
    batch.sessions = {session(second)};
    batch.transitions = {created(batch.sessions[0])};
    batch.transitions[0].recorded_at = at(second * 1000);
    must_commit(*store, batch);
  }
  const auto history = world.history();
  const auto seqs = [&](TransitionQuery query) {
    std::vector<std::int64_t> all;
    query.limit = 2;
    for (;;) {
      const auto page = history->transitions(query);
      REQUIRE(page.ok());
      for (const TransitionRow& row : page->rows) all.push_back(row.seq);
      if (!page->next) return all;
      (query.after_seq ? query.after_seq : query.before) = page->next;
    }
  };
  using Seqs = std::vector<std::int64_t>;
  REQUIRE(seqs({.since = at(20'000), .after_seq = 0}) == Seqs{2, 3, 5});
  REQUIRE(seqs({.since = at(15'000), .after_seq = 0}) == Seqs{2, 3, 4, 5});
  REQUIRE(seqs({.since = at(20'001)}) == Seqs{5, 3});
  REQUIRE(seqs({.since = at(40'001), .after_seq = 0}).empty());
  REQUIRE(seqs({.session = session(15).id, .since = at(15'000)}) == Seqs{4});
  REQUIRE(seqs({.plan = PlanName("p0"), .since = at(30'000)}) == Seqs{5, 3});
}

STORE_TEST_CASE("deliveries are listed newest first by provider, disposition and session") {
  const auto store = world.open();
  Batch batch = story(session(1), State::active);
  constexpr std::array dispositions{Disposition::applied, Disposition::held, Disposition::late,
                                    Disposition::ignored, Disposition::unmatched};
  for (int n = 0; n < 40; ++n) {
    DeliveryRow row = delivery(n, dispositions[static_cast<std::size_t>(n) % 5]);
    if (n % 2 == 1) row.provider = ProviderName("b");
    if (n % 4 == 0) row.session = SessionId("s1");
    batch.deliveries.push_back(row);
  }
  must_commit(*store, batch);
  const auto history = world.history();
  const auto count = [&](DeliveryQuery query) {
    query.limit = 3;
    std::vector<std::int64_t> seen;
    do {
      const auto page = history->deliveries(query);
      if (!page) FAIL(page.error().what);
      for (const DeliveryRow& row : page->rows) {
        REQUIRE(row.body.empty());
        if (!seen.empty()) REQUIRE(row.id < seen.back());
        seen.push_back(row.id);
      }
      query.before = page->next;
    } while (query.before);
    return seen.size();
  };
  DeliveryQuery query;
  REQUIRE(count(query) == 40);
  query.provider = ProviderName("b");
  REQUIRE(count(query) == 20);
  query.disposition = Disposition::applied;
  REQUIRE(count(query) == 4);
  query.disposition = Disposition::late;
  REQUIRE(count(query) == 4);
  query.provider.reset();
  REQUIRE(count(query) == 8);
  query.disposition.reset();
  query.session = SessionId("s1");
  REQUIRE(count(query) == 10);
  query.session = SessionId("nobody");
  REQUIRE(count(query) == 0);
}

STORE_TEST_CASE("readers on several threads see whole batches while commits go on") {
  Filled filled(world, 0);
  must_commit(*filled.store, story(session(0), State::closed));
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<int> failed{0};
  std::atomic<int> reads{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        TransitionQuery query;
        query.limit = 4;
        const auto page = filled.history->transitions(query);
        if (!page.ok()) {
          ++failed;
          continue;
        }
        // Each batch ends with the terminal transition of its session.
        if (page->rows.empty() || !is_terminal(page->rows.front().to)) ++torn;
        ++reads;
      }
    });
  }
  for (int n = 1; n < 200; ++n) {
    must_commit(*filled.store, story(session(n), State::closed));
    if (n % 50 == 0) REQUIRE(filled.store->checkpoint().ok());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  REQUIRE(reads > 0);
  REQUIRE(failed == 0);
  REQUIRE(torn == 0);
}
