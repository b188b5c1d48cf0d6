// ChunkedBody: takes the chunked transfer coding (RFC 9112 §7.1) off a body, piece by piece, within a limit
// of size. Extensions and trailer fields are read and dropped. What two readers could understand differently,
// such as a line that ends with a bare line feed, is no good. It does no input or output.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keeper {

class ChunkedBody {
 public:
  explicit ChunkedBody(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

  enum class State { more, complete, malformed, too_large };
  State state() const { return state_; }

  // Takes the bytes that follow, up to the end of the body, and returns how many those were.
  std::size_t take(std::string_view bytes);

  const std::string& body() const { return body_; }

 private:
  enum class Part { size, extension, size_end, bytes, bytes_end, trailer };

  void take_size(char c);
  void take_trailer(char c);
  void begin_chunk();
  void fail() { state_ = State::malformed; }

  std::size_t body_bytes_max_;
  State state_ = State::more;
  Part part_ = Part::size;
  std::size_t left_ = 0;        // of the chunk
  std::size_t digits_ = 0;      // of the chunk's size
  std::size_t dropped_ = 0;     // bytes of extensions and trailer fields
  std::size_t line_bytes_ = 0;  // of the line of the trailer section
  bool after_return_ = false;
  std::string body_;
};

}  // namespace keeper
