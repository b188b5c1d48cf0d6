#include "core/storable.h"

#include "catch.h"

namespace keeper {
namespace {

std::string made(std::string text) {
  make_storable(text);
  return text;
}

TEST_CASE("a text is storable if it is UTF-8 without NUL, and is then left as it is") {
  for (const std::string text : {"", "plain \t\r\n\x7f", "\xc3\xa4 \xe2\x80\x94 \xf0\x9f\x98\x80"}) {
    CHECK(is_storable(text));
    CHECK(made(text) == text);
  }
  CHECK(made(std::string("a\0b", 3)) == "a\\x00b");
  CHECK(made("\xff\xc3\xa4\xc3") == "\\xff\xc3\xa4\\xc3");
  CHECK(made("\xc0\xaf\xed\xa0\x80") == "\\xc0\\xaf\\xed\\xa0\\x80");  // overlong; half a surrogate pair
  CHECK(is_storable(made(std::string("\0\xfe", 2))));
}

TEST_CASE("the texts of every event become storable, and bodies stay as they came") {
  const std::string bad("x\0", 2);
  const std::string good = "x\\x00";
  Delivered delivered;
  delivered.row.key = bad;
  delivered.row.type = bad;
  delivered.row.remote_id = RemoteId(bad);
  delivered.row.body = bad;
  Event event = delivered;
  make_storable(event);
  CHECK(std::get<Delivered>(event).row.key == good);
  CHECK(std::get<Delivered>(event).row.type == good);
  CHECK(std::get<Delivered>(event).row.remote_id == RemoteId(good));
  CHECK(std::get<Delivered>(event).row.body == bad);

  Remote remote;
  remote.id = RemoteId(bad);
  remote.native_status = bad;
  remote.detail = bad;
  remote.tag = SessionId(bad);
  remote.heartbeat_error = bad;
  remote.other_starter = bad;
  Answer answer;
  answer.remotes = std::vector<Remote>{remote};
  event = answer;
  make_storable(event);
  const Remote& clean = std::get<Answer>(event).remotes->at(0);
  CHECK(clean.id == RemoteId(good));
  CHECK(clean.tag == SessionId(good));
  for (const std::string& text :
       {clean.native_status, clean.detail, clean.heartbeat_error, clean.other_starter}) {
    CHECK(text == good);
  }

  answer.remotes = Error{ErrorKind::exhausted, bad, Millis{5}};
  event = answer;
  make_storable(event);
  CHECK(std::get<Answer>(event).remotes.error().what == good);
  CHECK(std::get<Answer>(event).remotes.error().retry_after == Millis{5});

  OperatorAsked asked;
  asked.reason = bad;
  event = asked;
  make_storable(event);
  CHECK(std::get<OperatorAsked>(event).reason == good);

  event = Posted{"m", 1, Error{ErrorKind::not_applied, bad}};
  make_storable(event);
  CHECK(std::get<Posted>(event).outcome.error().what == good);

  event = Noticed{Topic::no_standby, Phase::firing, bad, bad};
  make_storable(event);
  CHECK(std::get<Noticed>(event).subject == good);
  CHECK(std::get<Noticed>(event).text == good);
}

}  // namespace
}  // namespace keeper
