// The head of a request to the webhook listener: judged alike in one piece and byte by byte, and let in only
// if its body's end is certain.
#include <algorithm>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include "fuzz/fuzz.h"
#include "webhook/webhook_request.h"

namespace {

using namespace keeper;
using namespace keeper::fuzz;
namespace http = boost::beast::http;
using Parser = http::request_parser<http::empty_body>;

constexpr std::size_t body_bytes_max = 64 * 1024;

struct Judged {
  int refusal = -1;  // -1: the head is incomplete; 400: it is none
  std::size_t body_bytes = 0;
  std::size_t head_bytes = 0;
  bool operator==(const Judged&) const = default;
};

bool admits(std::string_view provider, std::string_view token) {
  return provider == "agents" && (token.empty() || token == "0123456789abcdef");
}

void check_admitted(const Parser& parser, const WebhookVerdict& verdict) {
  const auto& head = parser.get();
  require(head.method() == http::verb::post, "only POST is let in");
  const auto lengths = head.count(http::field::content_length);
  const auto codings = head.count(http::field::transfer_encoding);
  require(lengths + codings <= 1, "with at most one framing");
  require(verdict.is_chunked == (codings == 1), "in chunks where it says so");
  require(verdict.body_bytes <= body_bytes_max, "within the limit");
  const auto length = head[http::field::content_length];
  require(std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; }),
          "in digits alone");
}

Judged judged(std::string_view text, std::size_t piece) {
  Parser parser;
  parser.header_limit(16 * 1024);
  parser.skip(true);
  std::size_t used = 0;
  for (std::size_t end = 0; end < text.size() && !parser.is_header_done();) {
    end = std::min(text.size(), end + piece);
    while (!parser.is_header_done()) {
      boost::system::error_code failed;
      used += parser.put(boost::asio::buffer(text.substr(used, end - used)), failed);
      if (failed == http::error::need_more) break;
      if (failed) return {400, 0, 0};
    }
  }
  if (!parser.is_header_done()) return {};
  const WebhookVerdict verdict = judge(parser.get(), body_bytes_max, admits);
  if (verdict.refusal == 0) check_admitted(parser, verdict);
  return {verdict.refusal, verdict.body_bytes, used};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8 * 1024) return 0;
  const std::string_view text = text_of(data, size);
  const Judged whole = judged(text, size);
  const Judged pieces = judged(text, 1);
  // What is no good may be seen to be so before it is complete.
  const bool neither =
      whole.refusal != 0 && pieces.refusal != 0 && (whole.refusal == -1 || pieces.refusal == -1);
  require(neither || whole == pieces, "pieces make no difference");
  return 0;
}
