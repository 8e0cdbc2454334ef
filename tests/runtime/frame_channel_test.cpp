#include "runtime/frame_channel.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace cts {
namespace {

/// A channel and the raw socket on its other side.
class FrameChannel : public ::testing::Test {
protected:
  FrameChannel() {
    auto ends = std::array<int, 2>{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    other = descriptor{ends[0]};
    channel = std::make_unique<frame_channel>(
      io, descriptor{ends[1]}, std::size_t{1000},
      frame_channel::listeners{
        .arrived = [this](std::string_view x) { frames.emplace_back(x); },
        .closed = [this] { ++ends_seen; }});
  }

  void put(const std::string& bytes) {
    ASSERT_EQ(::write(other.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }

  boost::asio::io_context io;
  descriptor other;
  std::unique_ptr<frame_channel> channel;
  std::vector<std::string> frames;
  int ends_seen = 0;
};

TEST_F(FrameChannel, PutsFramesTogether) {
  put(std::string{"\3\0", 2});
  put(std::string{"\0\0ab", 4});
  put(std::string{"c\0\0\0\0\1\0\0\0z", 10});
  other = descriptor{};
  io.run();
  EXPECT_EQ(frames, (std::vector<std::string>{"abc", "", "z"}));
  EXPECT_EQ(ends_seen, 1);
}

TEST_F(FrameChannel, EndsWithAFrameThatIsTooLong) {
  put(std::string{"\377\377\0\0", 4});
  io.run();
  EXPECT_EQ(ends_seen, 1);
}

TEST_F(FrameChannel, SendsInOrder) {
  channel->send("one");
  channel->send(std::string(999, 'x'));
  channel->send("");
  io.poll();
  auto bytes = std::array<char, 4096>{};
  auto got = ::read(other.get(), bytes.data(), bytes.size());
  EXPECT_EQ(std::string(bytes.data(), static_cast<std::size_t>(got)),
            std::string("\3\0\0\0one\xe7\3\0\0", 11) + std::string(999, 'x')
              + std::string(4, '\0'));
}

TEST_F(FrameChannel, TellsNothingOnceItIsClosed) {
  put(std::string{"\1\0\0\0z", 5});
  channel->close();
  channel->send("late");
  io.run();
  EXPECT_TRUE(frames.empty());
  EXPECT_EQ(ends_seen, 0);
}

} // namespace
} // namespace cts
