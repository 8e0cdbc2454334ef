// Makes std::optional a legal member of message types. CAF 0.17 only knows its
// own caf::optional; newer versions support std::optional out of the box.
#pragma once

#include "actors/caf/version.hpp"

#if CAFX_CAF_017

#include <optional>
#include <type_traits>

// Lookup finds these through the inspector type. The (de)serializers live in
// namespace caf, the one for printing lives in caf::detail.
namespace caf {

template <class Inspector, class T>
std::enable_if_t<Inspector::reads_state, typename Inspector::result_type>
inspect(Inspector& f, std::optional<T>& x) {
  bool present = x.has_value();
  if (present)
    return f(present, *x);
  return f(present);
}

template <class Inspector, class T>
std::enable_if_t<Inspector::writes_state, typename Inspector::result_type>
inspect(Inspector& f, std::optional<T>& x) {
  bool present = false;
  if (auto err = f(present))
    return err;
  if (!present) {
    x.reset();
    return {};
  }
  return f(x.emplace());
}

namespace detail {

using caf::inspect;

} // namespace detail

} // namespace caf

#endif
