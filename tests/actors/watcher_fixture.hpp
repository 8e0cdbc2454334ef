#pragma once

#include "actors/watcher.hpp"
#include "tests/actors/watching_fixture.hpp"

namespace cts {

/// One watcher and who listens to it.
class watcher_fixture : public watching_fixture {
protected:
  void start(dependency what, milliseconds wait = std::chrono::seconds{120}) {
    watcher = make_watcher(self.ptr(), {.what = std::move(what), .wait = wait},
                           client);
    first = make_probe(heard);
    tell(watcher, subscribe{first});
  }

  void TearDown() override {
    stop(watcher);
    watcher = nullptr;
    first = nullptr;
    watching_fixture::TearDown();
  }

  watcher_actor watcher;
  news heard;
  probe_actor first;
};

} // namespace cts
