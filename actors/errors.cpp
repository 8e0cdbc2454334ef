#include "actors/errors.hpp"

#include <caf/make_message.hpp>
#include <caf/sec.hpp>
#include <caf/to_string.hpp>

namespace cts {

namespace {

constexpr auto category = caf::atom("cts");

} // namespace

caf::error to_caf(const error& reason) {
  return caf::error{static_cast<std::uint8_t>(reason.code), category,
                    caf::make_message(reason.message)};
}

error to_core(const caf::error& reason) {
  if (reason.category() == category) {
    auto text = std::string{};
    if (const auto& context = reason.context();
        context.match_elements<std::string>())
      text = context.get_as<std::string>(0);
    return error{static_cast<errc>(reason.code()), std::move(text)};
  }
  if (reason == caf::sec::request_timeout)
    return fail(errc::timed_out, "no answer in time");
  if (reason == caf::sec::request_receiver_down)
    return fail(errc::unavailable, "the actor that was asked has ended");
  return fail(errc::system, caf::to_string(reason));
}

} // namespace cts
