// Two actors count, on two threads. Called with "shared" they use the same
// integer, which no actor may, and ThreadSanitizer has to say so: if it does
// not, its silence about the other tests means nothing. Called otherwise each
// has its own, and a report would come from CAF not being instrumented.

#include "actors/caf/system_config.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <cstdlib>
#include <memory>
#include <string_view>

namespace {

// What ctest takes for "skipped".
constexpr auto skipped = 77;

bool races_are_suppressed() {
  const auto* options = std::getenv("TSAN_OPTIONS");
  return options != nullptr
         && std::string_view{options}.find("packaged.supp")
              != std::string_view::npos;
}

caf::behavior counting(std::shared_ptr<int> count) {
  return {
    [count](int times) {
      for (auto i = 0; i < times; ++i)
        ++*count;
    },
  };
}

} // namespace

int main(int argument_count, char** arguments) {
  if (races_are_suppressed())
    return skipped;
  const auto shares
    = argument_count > 1 && std::string_view{arguments[1]} == "shared";
  auto config = cafx::system_config<>{2};
  auto system = caf::actor_system{config};
  const auto first = std::make_shared<int>(0);
  const auto second = shares ? first : std::make_shared<int>(0);
  for (const auto& count : {first, second}) {
    auto actor = system.spawn([count] { return counting(count); });
    for (auto message = 0; message < 200; ++message)
      caf::anon_send(actor, 1000);
  }
}
