#pragma once

#include "core/text_template/evaluate.hpp"

#include <vector>

// What the evaluation is made of; only its sources include this.

namespace cts::text_template {

/// A call is answered with a value, an error, or by adding to `missing`.
struct call {
  const std::string& function;
  const std::vector<value>& arguments;
  const facts& known;
  std::set<source>& missing;
};

result<value> perform(const call& x);

/// As Go's `%v` prints it.
std::string text_of(const value& x);

/// What `if` goes by: not empty.
bool is_true(const value& x);

} // namespace cts::text_template
