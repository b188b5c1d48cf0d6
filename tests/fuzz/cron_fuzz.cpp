// A cron expression: refused with its place, or it matches again and again, each time later.
#include "fuzz/fuzz.h"
#include "schedule/cron.h"

using namespace keeper;
using namespace keeper::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Zone berlin = Zone::find("Europe/Berlin").value();
  const std::string_view text = text_of(data, size);
  const auto parsed = Cron::parse(text);
  if (const auto* problem = std::get_if<CronProblem>(&parsed)) {
    require(problem->column >= 1 && problem->column <= text.size() + 1,
            "a problem lies within the expression");
    require(!problem->message.empty(), "a problem says what is allowed");
    return 0;
  }
  const Cron& cron = std::get<Cron>(parsed);
  Wall from{std::chrono::sys_days{std::chrono::March / 27 / 2027}};
  for (int i = 0; i < 5; ++i) {
    const auto next = cron.next(from, berlin);
    if (!next) break;
    require(*next > from, "the next one is later");
    require(cron.next(*next - Millis{1}, berlin) == next, "a match is found from just before it");
    from = *next;
  }
  return 0;
}
