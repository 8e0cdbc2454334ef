#include "runtime/frame_channel.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <cstdint>
#include <cstring>
#include <deque>

namespace cts {

namespace {

using boost::asio::local::stream_protocol;
using frame_length = std::uint32_t;

} // namespace

class frame_channel::stream
  : public std::enable_shared_from_this<frame_channel::stream> {
public:
  stream(boost::asio::io_context& io, descriptor socket, std::size_t frame_max,
         listeners tell)
    : socket_(io, stream_protocol{}, socket.release()), frame_max_(frame_max),
      tell_(std::move(tell)) {}

  void read_length() {
    boost::asio::async_read(
      socket_, boost::asio::buffer(&length_, sizeof length_),
      [self = shared_from_this()](const auto& problem, std::size_t) {
        if (problem || self->length_ > self->frame_max_)
          return self->fail();
        self->read_body();
      });
  }

  void send(const std::string& frame) {
    if (!open_)
      return;
    auto length = static_cast<frame_length>(frame.size());
    auto bytes = std::string(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    waiting_.push_back(bytes + frame);
    if (waiting_.size() == 1)
      write();
  }

  void close() {
    open_ = false;
    auto ignored = boost::system::error_code{};
    socket_.close(ignored);
  }

private:
  void read_body() {
    body_.resize(length_);
    boost::asio::async_read(
      socket_, boost::asio::buffer(body_),
      [self = shared_from_this()](const auto& problem, std::size_t) {
        if (problem)
          return self->fail();
        if (!self->open_)
          return;
        self->tell_.arrived(self->body_);
        if (self->open_)
          self->read_length();
      });
  }

  void write() {
    boost::asio::async_write(
      socket_, boost::asio::buffer(waiting_.front()),
      [self = shared_from_this()](const auto& problem, std::size_t) {
        self->waiting_.pop_front();
        if (!problem && !self->waiting_.empty())
          self->write();
      });
  }

  void fail() {
    if (!open_)
      return;
    close();
    tell_.closed();
  }

  stream_protocol::socket socket_;
  std::size_t frame_max_;
  listeners tell_;
  bool open_ = true;
  frame_length length_ = 0;
  std::string body_;
  std::deque<std::string> waiting_;
};

frame_channel::frame_channel(boost::asio::io_context& io, descriptor socket,
                             std::size_t frame_max, listeners tell)
  : stream_(std::make_shared<stream>(io, std::move(socket), frame_max,
                                     std::move(tell))) {
  stream_->read_length();
}

frame_channel::~frame_channel() {
  stream_->close();
}

void frame_channel::send(const std::string& frame) {
  stream_->send(frame);
}

void frame_channel::close() {
  stream_->close();
}

} // namespace cts
