#pragma once

#include "drivers/terraform/version.hpp"

#include <string>

namespace cts::terraform {

/// The Terraform program that all tasks are run with.
struct program {
  /// Absolute path of the executable.
  std::string path{};
  terraform::version version{};
};

} // namespace cts::terraform
