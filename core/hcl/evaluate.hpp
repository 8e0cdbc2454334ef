#pragma once

#include "core/error.hpp"
#include "core/value.hpp"

#include <string>
#include <string_view>

/// HCL version 2, the language of variable files and of variables in API
/// requests: constant expressions with operators, conditionals, templates and
/// `for`, but without variables and functions. Source: spec configuration,
/// 2.16.
namespace cts::hcl {

/// What loops may still make, in characters and values, where a value counts
/// ten. Shared by the texts of one document, of which each adds to it in
/// proportion to its length: however many loops there are, all of them together
/// take time in proportion to the document.
struct loop_budget {
  std::size_t left = 2'000'000;
};

/// A file of attributes: `name = expression` in each line. Errors:
/// `errc::configuration`, the first problem in the words of the reference,
/// `v.tfvars:1,3-6: Variables not allowed; Variables may not be used here.`,
/// and how many follow; its place is in `where`.
result<object> evaluate_file(std::string_view text, const std::string& path);

/// One expression. Errors: as above; the path is usually empty.
result<value> evaluate_expression(std::string_view text,
                                  const std::string& path);

/// The same as parts of a larger document.
result<object> evaluate_file(std::string_view text, const std::string& path,
                             loop_budget& shared);
result<value> evaluate_expression(std::string_view text,
                                  const std::string& path, loop_budget& shared);

} // namespace cts::hcl
