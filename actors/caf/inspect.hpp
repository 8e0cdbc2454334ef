// Declares how CAF prints and serializes a plain struct:
//
//   struct leadership { bool leader = false; std::string reason; };
//   CAFX_FIELDS(leadership, leader, reason)        // same namespace
//
// One line per type instead of a hand-written inspect(), because the signature
// and the protocol of inspect() differ between CAF 0.17 and later versions.
#pragma once

#include "actors/caf/version.hpp"

#if CAFX_CAF_017
#include <caf/meta/type_name.hpp>
#endif

// Applies a macro to each argument (C++20 preprocessor).
#define CAFX_PARENS ()
#define CAFX_SCAN(...) CAFX_SCAN1(CAFX_SCAN1(CAFX_SCAN1(__VA_ARGS__)))
#define CAFX_SCAN1(...) CAFX_SCAN2(CAFX_SCAN2(CAFX_SCAN2(__VA_ARGS__)))
#define CAFX_SCAN2(...) CAFX_SCAN3(CAFX_SCAN3(CAFX_SCAN3(__VA_ARGS__)))
#define CAFX_SCAN3(...) __VA_ARGS__
#define CAFX_MAP(fn, ...) __VA_OPT__(CAFX_SCAN(CAFX_MAP_STEP(fn, __VA_ARGS__)))
#define CAFX_MAP_STEP(fn, first, ...)                                          \
  fn(first) __VA_OPT__(, CAFX_MAP_AGAIN CAFX_PARENS(fn, __VA_ARGS__))
#define CAFX_MAP_AGAIN() CAFX_MAP_STEP

#if CAFX_CAF_017

#define CAFX_FIELD(name) x.name
#define CAFX_FIELDS(type, ...)                                                 \
  template <class Inspector>                                                   \
  typename Inspector::result_type inspect(Inspector& f,                        \
                                          [[maybe_unused]] type& x) {          \
    return f(caf::meta::type_name(#type) __VA_OPT__(, )                        \
               CAFX_MAP(CAFX_FIELD, __VA_ARGS__));                             \
  }

#else

#define CAFX_FIELD(name) f.field(#name, x.name)
#define CAFX_FIELDS(type, ...)                                                 \
  template <class Inspector>                                                   \
  bool inspect(Inspector& f, type& x) {                                        \
    return f.object(x).fields(CAFX_MAP(CAFX_FIELD, __VA_ARGS__));              \
  }

#endif
