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

/// A file of attributes: `name = expression` in each line. Errors:
/// `errc::configuration`, the first problem in the words of the reference,
/// `v.tfvars:1,3-6: Variables not allowed; Variables may not be used here.`,
/// and how many follow; its place is in `where`.
result<object> evaluate_file(std::string_view text, const std::string& path);

/// One expression. Errors: as above; the path is usually empty.
result<value> evaluate_expression(std::string_view text,
                                  const std::string& path);

} // namespace cts::hcl
