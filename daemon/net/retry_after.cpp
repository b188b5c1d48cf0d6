#include "net/retry_after.h"

#include <algorithm>
#include <charconv>

#include "net/encoding.h"

namespace keeper {
namespace {

std::optional<Millis> seconds_in(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t count = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  static_cast<void>(end);
  // Only overflow can fail here: later than any limit.
  const bool huge = failed != std::errc{} || count > Seconds{std::chrono::years{1000}}.count();
  return huge ? Millis{Seconds{std::chrono::years{1000}}} : Millis{Seconds{count}};
}

}  // namespace

std::optional<Millis> retry_after(const HttpResponse& response, Wall now) {
  const auto text = response.header("retry-after");
  if (!text) return std::nullopt;
  std::optional<Millis> wait = seconds_in(*text);
  if (const auto date = wait ? std::nullopt : parse_http_date(*text)) wait = *date - now;
  return wait ? std::optional(std::clamp(*wait, Millis{0}, wait_max)) : std::nullopt;
}

std::optional<Millis> wait_asked(const HttpResponse& response, Wall now) {
  std::optional<Millis> wait = retry_after(response, now);
  if (const auto text = response.header("x-ratelimit-reset"); !wait && text) {
    wait = seconds_in(*text);
    // Notte documents Unix seconds; other gateways send the seconds that are left.
    constexpr Millis year{std::chrono::years{1}};
    if (wait && *wait > year) wait = Wall{*wait} - now;
  }
  if (!wait) return std::nullopt;
  return std::clamp(*wait, Millis{Seconds{1}}, wait_max);
}

}  // namespace keeper
