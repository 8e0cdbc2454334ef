#include "runtime/http_listener.hpp"

#include "tests/support/raw_client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

using namespace cts;
using namespace cts::tests;

TEST(HttpListener, DoesNotAdmitAConnectionThatIsAcceptedWhileItCloses) {
  auto io = boost::asio::io_context{};
  auto port = http::listener::open(io, {}).value();
  const auto client = raw_client{port->port()};
  port->start();
  // The connection waits already: it is accepted before this runs, and its
  // handler comes after it.
  boost::asio::post(io, [&] { port->close(milliseconds{0}, nullptr); });
  io.poll();
  EXPECT_TRUE(io.stopped());
}
