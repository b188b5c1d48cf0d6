// How often the log is told of what lasts.
#include "runtime/lasting.h"

#include "catch.h"

namespace keeper {

TEST_CASE("what lasts is told when it begins, when it becomes something else, and once a minute") {
  Lasting lasting;
  const Mono begin{Seconds{1000}};
  int told = 0;
  for (Millis at{0}; at < Seconds{130}; at += Millis{100}) told += lasting.seen("away", begin + at) ? 1 : 0;
  CHECK(told == 3);
  CHECK(lasting.seen("off", begin + Seconds{131}));
  CHECK_FALSE(lasting.seen("off", begin + Seconds{132}));
  CHECK(lasting.over(begin + Seconds{140}) == Seconds{140});
  CHECK_FALSE(lasting.over(begin + Seconds{141}));
  CHECK(lasting.seen("off", begin + Seconds{142}));
}

}  // namespace keeper
