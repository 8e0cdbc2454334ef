// Typed actor interfaces written as function signatures.
//
// CAF 0.17 spells an interface entry `replies_to<In...>::with<Out...>` (or
// `reacts_to<In...>`); CAF 0.18 and later spell it `result<Out...>(In...)`.
// Declaring interfaces through cafx::iface lets the code base use the newer
// spelling today. On newer CAF the alias collapses to caf::typed_actor.
#pragma once

#include "actors/caf/version.hpp"

#if CAFX_CAF_017
#include <caf/replies_to.hpp>
#endif
#include <caf/make_message.hpp> // result.hpp uses it without including it
#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

namespace cafx {

#if CAFX_CAF_017

namespace detail {

template <class Signature>
struct to_mpi;

template <class... Out, class... In>
struct to_mpi<caf::result<Out...>(In...)> {
  using type = typename caf::replies_to<In...>::template with<Out...>;
};

template <class... In>
struct to_mpi<caf::result<void>(In...)> {
  using type = caf::reacts_to<In...>;
};

} // namespace detail

template <class... Signatures>
using iface = caf::typed_actor<typename detail::to_mpi<Signatures>::type...>;

/// An interface plus further messages, typically private ones of its
/// implementation.
template <class Interface, class... Signatures>
using extended = typename Interface::template extend<
  typename detail::to_mpi<Signatures>::type...>;

#else

template <class... Signatures>
using iface = caf::typed_actor<Signatures...>;

template <class Interface, class... Signatures>
using extended = typename Interface::template extend<Signatures...>;

#endif

} // namespace cafx
