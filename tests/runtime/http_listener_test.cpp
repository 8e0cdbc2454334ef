#include "runtime/http_listener.hpp"

#include "tests/support/raw_client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

using namespace cts;
using namespace cts::tests;

TEST(HttpListener, DoesNotAdmitAConnectionThatIsAcceptedWhileItCloses) {
  auto io = boost::asio::io_context{};
  auto port = http::listener::open(io, {}).value();
  port->start();
  io.poll();
  const auto client = raw_client{port->port()};
  // Goes first; the connection is accepted before it runs, and admitted after.
  boost::asio::post(io, [&] { port->close(milliseconds{0}, nullptr); });
  io.poll();
  EXPECT_TRUE(io.stopped());
}
