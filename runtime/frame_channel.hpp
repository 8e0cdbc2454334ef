#pragma once

#include "runtime/fork_child.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cts {

/// Frames over a stream socket to one other process, each behind its length.
/// Used on one io thread. What is sent stays in order and is never dropped
/// while the other side lives.
class frame_channel {
public:
  struct listeners {
    std::function<void(std::string_view frame)> arrived{};
    /// Once: the other side is gone, or sends what is no frame. Not called
    /// after `close`.
    std::function<void()> closed{};
  };

  /// Takes over `socket`. Longer frames than `frame_max` end the channel.
  frame_channel(boost::asio::io_context& io, descriptor socket,
                std::size_t frame_max, listeners tell);
  ~frame_channel();
  frame_channel(const frame_channel&) = delete;
  frame_channel& operator=(const frame_channel&) = delete;

  /// Nothing happens after the end of the channel.
  void send(const std::string& frame);

  /// Nothing is told any more.
  void close();

private:
  class stream;
  std::shared_ptr<stream> stream_;
};

} // namespace cts
