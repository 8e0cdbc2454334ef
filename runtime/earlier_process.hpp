#pragma once

#include "drivers/terraform/run_record.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

namespace cts {

/// Waits for the end of a process that an earlier instance of us has started.
/// It is left alone for a while, then stopped gently. Used on one io thread.
class earlier_process {
public:
  /// `tell` is called once, later, on the io thread, unless `forget` comes
  /// first.
  earlier_process(boost::asio::io_context& io,
                  const terraform::run_record& which,
                  std::function<void()> tell);

  /// Waits no longer. The process goes on.
  void forget();

private:
  class waiting;
  std::shared_ptr<waiting> waiting_;
};

} // namespace cts
